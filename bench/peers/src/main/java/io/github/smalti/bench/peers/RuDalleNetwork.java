package io.github.smalti.bench.peers;

import io.github.smalti.transformer.RuDalleAccess;
import io.github.smalti.transformer.RuDalleConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Workload G: one step of ruDALL-E's decoder, one row, since its project draws without guidance.
///
/// Positions count the text, then the image's codes; the last one reads the last code. The input is a row of the table
/// of tokens (the text's, then the image's), then the position, whose embedding is a single row too.
///
/// Other engines attend densely and add each layer's mask, as upstream does, over as few positions as they can without
/// copying a cache at each step: libtorch over a slice up to the position, ONNX Runtime over its room, see [#room].
/// Source: ai-forever/ru-dalle `rudalle/dalle/model.py` and `transformer.py` @ 0255cec.
final class RuDalleNetwork implements CachedNetwork {
    private static final float EPSILON = 1e-5f;
    /// A cache of fixed size grows by so many positions, so that it is seldom moved and hardly larger than it need be.
    private static final int GROWTH = 128;

    private final Path folder;
    private final RuDalleConfig config;
    private final List<Mask> masks;

    /// @param model name of the random checkpoint
    /// @param masks a mask for each layer
    RuDalleNetwork(String model, List<Mask> masks) {
        this.folder = Network.folder(model);
        this.config = RuDalleAccess.config(folder);
        this.masks = masks;
    }

    /// A model with its own masks: row, column, row and so on, and a square in the last layer.
    static RuDalleNetwork of(String model) {
        RuDalleConfig config = RuDalleAccess.config(Network.folder(model));
        return new RuDalleNetwork(model,
                config.patterns().stream().map(pattern -> new Mask(config.textLength(), pattern)).toList());
    }

    Path folder() { return folder; }

    int textLength() { return config.textLength(); }

    @Override
    public int rows() { return 1; }

    @Override
    public int positions() { return textLength() + config.gridSize() * config.gridSize(); }

    @Override
    public int headSize() { return config.dModel() / config.headCount(); }

    @Override
    public List<Mask> masks() { return masks.stream().distinct().toList(); }

    @Override
    public int room(int position) {
        return Math.min(positions(), Math.max(1, Math.ceilDiv(position, GROWTH)) * GROWTH);
    }

    /// Ids of a text without padding.
    int[] text() {
        int[] ids = new int[textLength()];
        int words = config.textVocabSize() - textLength(); // padding's own rows follow
        for (int i = 0; i < ids.length; i++) ids[i] = 1 + (i * 61 + 7) % (words - 1);
        return ids;
    }

    /// The codes of an image.
    int[] codes() {
        int[] codes = new int[positions() - textLength()];
        for (int i = 0; i < codes.length; i++) codes[i] = (i * 977 + 13) % config.codebookSize();
        return codes;
    }

    @Override
    public long[] input(int position) {
        int code = position - textLength();
        return new long[]{code < 0 ? text()[position] : config.textVocabSize() + codes()[code], position};
    }

    @Override
    public Map<String, Input> inputs() { return Map.of("x", new Input(null, input(0), 2)); }

    @Override
    public void write(Graph graph) throws IOException {
        try (Tensors tensors = new Tensors(folder.resolve("model.safetensors"))) {
            new Writer(graph, tensors, config, this).step();
        }
    }

    private record Writer(Graph graph, Tensors tensors, RuDalleConfig config, RuDalleNetwork network) {
        private int width() { return config.dModel(); }

        void step() throws IOException {
            int tokens = config.textVocabSize() + config.codebookSize();
            String token = graph.lookUp(graph.constant(tokenTable(), tokens, width()),
                    graph.slice(graph.input(), 0, 0, 1));
            String position = graph.lookUp(graph.constant(positionTable(), network.positions(), width()),
                    graph.slice(graph.input(), 0, 1, 2));
            String x = graph.add(token, position); // (1, width)
            for (int layer = 0; layer < config.layerCount(); layer++) {
                x = attention("transformer.layers." + layer + ".", layer, x);
                x = feedForward("transformer.layers." + layer + ".", x);
            }
            x = norm("to_logits.0", norm("transformer.final_layernorm", x));
            float[] rows = tensors.get("to_logits.1.weight");
            float[] image = Arrays.copyOfRange(rows, config.textVocabSize() * width(), rows.length);
            float[] bias = Arrays.copyOfRange(tensors.get("to_logits.1.bias"), config.textVocabSize(), tokens);
            graph.output(graph.linear(x, image, config.codebookSize(), width(), bias), 1, config.codebookSize());
        }

        private float[] tokenTable() {
            return Numbers.joined(tensors.get("text_embeddings.weight"), tensors.get("image_embeddings.weight"));
        }

        /// A code's position is its row and its column.
        private float[] positionTable() {
            int text = network.textLength() * width(); // one more is there, which nothing asks for
            float[] table = Arrays.copyOf(tensors.get("text_pos_embeddings.weight"), network.positions() * width());
            float[] rows = tensors.get("image_row_embeddings.weight");
            float[] columns = tensors.get("image_col_embeddings.weight");
            for (int i = 0; i < table.length - text; i++) {
                int cell = i / width();
                int channel = i % width();
                table[text + i] = rows[cell / config.gridSize() * width() + channel]
                        + columns[cell % config.gridSize() * width() + channel];
            }
            return table;
        }

        private String attention(String name, int layer, String x) throws IOException {
            var cache = new Graph.Cache(layer, 1, config.headCount(), network.positions(), network.headSize(),
                    network.masks.get(layer), network.room(0));
            String all = dense(name + "attention.query_key_value", norm(name + "input_layernorm", x), width(),
                    3 * width());
            String[] heads = new String[3];
            for (int i = 0; i < 3; i++) {
                heads[i] = graph.reshape(graph.slice(all, 1, i * width(), (i + 1) * width()), 1, cache.heads(), 1,
                        cache.size());
            }
            float scale = (float) (1 / Math.sqrt(cache.size()));
            String mixed = graph.reshape(graph.cachedAttention(cache, heads[0], heads[1], heads[2], scale), 1, width());
            String out = dense(name + "attention.dense", mixed, width(), width());
            return graph.add(x, norm(name + "before_first_addition_layernorm", out));
        }

        private String feedForward(String name, String x) throws IOException {
            int wide = 4 * width();
            String up = dense(name + "mlp.dense_h_to_4h", norm(name + "post_attention_layernorm", x), width(), wide);
            String out = dense(name + "mlp.dense_4h_to_h", graph.geluByTanh(up), wide, width());
            return graph.add(x, norm(name + "before_second_addition_layernorm", out));
        }

        private String dense(String name, String x, int inputs, int outputs) throws IOException {
            return graph.linear(x, tensors.get(name + ".weight"), outputs, inputs, tensors.get(name + ".bias"));
        }

        private String norm(String name, String x) throws IOException {
            return graph.layerNorm(x, width(), tensors.get(name + ".weight"), tensors.get(name + ".bias"), EPSILON);
        }
    }
}
