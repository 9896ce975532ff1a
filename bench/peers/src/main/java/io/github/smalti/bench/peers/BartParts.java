package io.github.smalti.bench.peers;

import io.github.smalti.transformer.DalleBartConfig;
import io.github.smalti.weights.ModelConfig;
import java.io.IOException;

/// What encoder and decoder of DALL·E mini and mega have in common, as a graph; activations are (rows, positions, width).
///
/// Source: borisdayma/dalle-mini modeling.py @ f0be4de; kuprel/min-dalle @ 73621fb.
record BartParts(Graph graph, Tensors tensors, DalleBartConfig config, String side, int rows, int positions) {
    private static final float EPSILON = 1e-5f;

    /// The sizes of a model among the random checkpoints.
    static DalleBartConfig config(String model) {
        return DalleBartConfig.of(ModelConfig.readJson(Network.folder(model).resolve("config.json")));
    }

    private DalleBartConfig.Stack sizes() { return side.equals("decoder") ? config.decoder() : config.encoder(); }

    private int width() { return config.dModel(); }

    int layers() { return sizes().layerCount(); }

    int headCount() { return sizes().headCount(); }

    int headSize() { return width() / headCount(); }

    /// What products of queries and keys are multiplied by.
    float scale() { return (float) (1 / Math.sqrt(headSize())); }

    private String path() {
        return "model/" + side + "/layers/FlaxBart" + (side.equals("decoder") ? "Decoder" : "Encoder") + "Layers/";
    }

    /// Sum of a token's and a position's row, normed.
    String embed(String token, String position) throws IOException {
        String name = "model/" + side + "/layernorm_embedding/";
        return graph.layerNorm(graph.add(token, position), width(), tensors.get(name + "scale"),
                tensors.get(name + "bias"), EPSILON);
    }

    /// A table of embeddings.
    String table(String name) throws IOException {
        String full = "model/" + side + "/" + name + "/embedding";
        return graph.constant(tensors.get(full), tensors.shape(full));
    }

    /// A projection of an attention.
    String project(int attention, String part, int layer, String x) throws IOException {
        String name = path() + "FlaxBartAttention_" + attention + "/" + part + "_proj/kernel";
        return graph.linear(x, tensors.transposed(name, layer), width(), width(), null);
    }

    /// The matrix of a projection, (outputs, inputs).
    float[] projection(int attention, String part, int layer) {
        return tensors.transposed(path() + "FlaxBartAttention_" + attention + "/" + part + "_proj/kernel", layer);
    }

    /// A norm without a scale, before a block.
    String before(int norm, int layer, String x) throws IOException {
        return graph.layerNorm(x, width(), null, tensors.part(path() + "LayerNorm_" + norm + "/bias", layer), EPSILON);
    }

    /// The norm after an attention, and the sum with the residual stream.
    String after(int norm, int layer, String x, String h) throws IOException {
        String name = path() + "LayerNorm_" + norm;
        return graph.add(x, graph.layerNorm(h, width(), tensors.part(name + "/scale", layer),
                tensors.part(name + "/bias", layer), EPSILON));
    }

    /// (rows, positions, width) → (rows, heads, positions, head).
    String heads(String x) throws IOException {
        return graph.permute(graph.reshape(x, rows, positions, headCount(), headSize()), 0, 2, 1, 3);
    }

    /// Heads side by side again.
    String joined(String x) throws IOException {
        return graph.reshape(graph.permute(x, 0, 2, 1, 3), rows, positions, width());
    }

    /// The gated linear unit of a layer.
    String feedForward(int layer, String x) throws IOException {
        String name = path() + "GLU_0/";
        String normed = graph.layerNorm(x, width(), null, tensors.part(name + "LayerNorm_0/bias", layer), EPSILON);
        String gate = graph.gelu(dense(name + "Dense_0", layer, normed, sizes().ffnDim(), width()));
        String h = graph.multiply(gate, dense(name + "Dense_1", layer, normed, sizes().ffnDim(), width()));
        h = graph.layerNorm(h, sizes().ffnDim(), null, tensors.part(name + "LayerNorm_1/bias", layer), EPSILON);
        return graph.add(x, dense(name + "Dense_2", layer, h, width(), sizes().ffnDim()));
    }

    private String dense(String name, int layer, String x, int outputs, int inputs) throws IOException {
        return graph.linear(x, tensors.transposed(name + "/kernel", layer), outputs, inputs, null);
    }

    /// The last norm.
    String end(String x) throws IOException {
        if (!sizes().finalNorm()) return x;
        return graph.layerNorm(x, width(), null, tensors.get("model/" + side + "/final_ln/bias"), EPSILON);
    }
}
