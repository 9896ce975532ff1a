package io.github.smalti.bench.peers;

import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.core.layer.Linear;
import io.github.smalti.transformer.DalleBartConfig;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/// Workloads B and C: one step of DALL·E mini's decoder for images with guidance, two rows each.
///
/// The input is a token of each row and the position. Activations are (2 prompts, images, width), so that all images
/// share the keys and values of the prompts, which are constants; those of the steps before lie in a cache that each
/// engine keeps as it likes ([Graph#cachedAttention]).
final class StepNetwork implements CachedNetwork {
    /// Prompts: the text and the empty one.
    static final int STREAMS = 2;

    private final String model;
    private final DalleBartConfig config;
    private final int images;

    StepNetwork(String model, int images) {
        this.model = model;
        this.config = BartParts.config(model);
        this.images = images;
    }

    /// Of workload B, always one image, or C: the fourth word says how many.
    static StepNetwork of(String[] words) {
        return new StepNetwork(words[2], words[0].equals("C") ? Integer.parseInt(words[3]) : 1);
    }

    String model() { return model; }

    int images() { return images; }

    @Override
    public int rows() { return STREAMS * images; }

    /// Codes of an image.
    @Override
    public int positions() { return config.imageLength(); }

    @Override
    public int room(int position) { return positions(); }

    @Override
    public List<Mask> masks() { return List.of(Mask.all(positions())); }

    /// Logits of a row.
    int columns() { return config.imageRows(); }

    /// Tokens of a prompt.
    int length() { return config.textLength(); }

    @Override
    public int headSize() { return config.dModel() / config.decoder().headCount(); }

    /// The encoded prompts, (2 · length, width).
    float[] hidden() { return Numbers.uniform(41, STREAMS * length() * config.dModel(), 1.7); }

    /// The token of each row before a position, the same for both streams of an image.
    int[] tokens(int position) {
        int[] tokens = new int[rows()];
        for (int row = 0; row < tokens.length; row++) {
            tokens[row] = position == 0
                    ? config.startToken()
                    : (position * 61 + row % images * 977) % config.startToken();
        }
        return tokens;
    }

    @Override
    public long[] input(int position) {
        long[] input = new long[rows() + 1];
        for (int row = 0; row < rows(); row++) input[row] = tokens(position)[row];
        input[rows()] = position;
        return input;
    }

    @Override
    public Map<String, Input> inputs() { return Map.of("x", new Input(null, input(0), rows() + 1)); }

    @Override
    public void write(Graph graph) throws IOException {
        try (Tensors tensors = new Tensors(Network.folder(model).resolve("flax_model.msgpack"))) {
            BartParts parts = new BartParts(graph, tensors, config, "decoder", STREAMS, images);
            String tokens = graph.lookUp(parts.table("embed_tokens"), graph.slice(graph.input(), 0, 0, rows()));
            String position = graph.lookUp(parts.table("embed_positions"),
                    graph.slice(graph.input(), 0, rows(), rows() + 1));
            String x = parts.embed(graph.reshape(tokens, STREAMS, images, config.dModel()), position);
            for (int layer = 0; layer < parts.layers(); layer++) {
                x = selfAttention(graph, parts, layer, x);
                x = crossAttention(graph, parts, layer, x);
                x = parts.feedForward(layer, x);
            }
            String logits = graph.linear(parts.end(x), tensors.transposed("lm_head/kernel"), columns(),
                    config.dModel(), null);
            graph.output(logits, STREAMS, images, columns());
        }
    }

    private String selfAttention(Graph graph, BartParts parts, int layer, String x) throws IOException {
        String normed = parts.before(0, layer, x);
        Graph.Cache cache = new Graph.Cache(layer, rows(), parts.headCount(), positions(), parts.headSize(),
                masks().getFirst(), room(0));
        String[] heads = new String[3];
        for (int i = 0; i < 3; i++) {
            heads[i] = graph.reshape(parts.project(0, List.of("q", "k", "v").get(i), layer, normed), rows(),
                    cache.heads(), 1, cache.size());
        }
        String mixed = graph.cachedAttention(cache, heads[0], heads[1], heads[2], parts.scale());
        String joined = graph.reshape(mixed, STREAMS, images, config.dModel());
        return parts.after(1, layer, x, parts.project(0, "out", layer, joined));
    }

    private String crossAttention(Graph graph, BartParts parts, int layer, String x) throws IOException {
        String query = parts.heads(parts.project(1, "q", layer, parts.before(2, layer, x)));
        String mixed = graph.attention(query, prompts(graph, parts, "k", layer), prompts(graph, parts, "v", layer),
                null, parts.scale());
        return parts.after(3, layer, x, parts.project(1, "out", layer, parts.joined(mixed)));
    }

    /// Keys or values of the prompts, (2, heads, length, head).
    private String prompts(Graph graph, BartParts parts, String part, int layer) throws IOException {
        int width = config.dModel();
        int length = length();
        float[] projected = new float[STREAMS * length * width];
        try (Arena arena = Arena.ofShared()) {
            TensorView weight = TensorView.contiguous(DType.F32, new long[]{width, width},
                    MemorySegment.ofArray(parts.projection(1, part, layer)));
            new Linear(Compute.shared(), PackedMatrix.pack(arena, Precision.F32, weight), null).forward(hidden(),
                    STREAMS * length, projected);
        }
        float[] heads = new float[projected.length];
        for (int i = 0; i < heads.length; i++) {
            int channel = i % width;
            int row = i / width;
            int head = row / length * parts.headCount() + channel / parts.headSize();
            heads[(head * length + row % length) * parts.headSize() + channel % parts.headSize()] = projected[i];
        }
        return graph.constant(heads, STREAMS, parts.headCount(), length, parts.headSize());
    }
}
