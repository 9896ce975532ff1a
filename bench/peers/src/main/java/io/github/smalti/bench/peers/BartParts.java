package io.github.smalti.bench.peers;

import java.io.IOException;

/// What encoder and decoder of DALL·E mini have in common, as a graph; rows are (prompts or images, positions, width).
///
/// Source: borisdayma/dalle-mini modeling.py @ f0be4de; kuprel/min-dalle @ 73621fb.
record BartParts(Graph graph, Tensors tensors, String side, int rows, int positions) {
    static final int WIDTH = 1024;
    static final int LAYERS = 12;
    static final int HEADS = 16;
    static final int HEAD = WIDTH / HEADS;
    static final float SCALE = 0.125f;

    private static final int FFN = 2730;
    private static final float EPSILON = 1e-5f;

    private String path() {
        return "model/" + side + "/layers/FlaxBart" + (side.equals("decoder") ? "Decoder" : "Encoder") + "Layers/";
    }

    /// Sum of a token's and a position's row, normed.
    String embed(String token, String position) throws IOException {
        String name = "model/" + side + "/layernorm_embedding/";
        return graph.layerNorm(graph.add(token, position), WIDTH, tensors.get(name + "scale"),
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
        return graph.linear(x, tensors.transposed(name, layer), WIDTH, WIDTH, null);
    }

    /// The matrix of a projection, (outputs, inputs).
    float[] projection(int attention, String part, int layer) {
        return tensors.transposed(path() + "FlaxBartAttention_" + attention + "/" + part + "_proj/kernel", layer);
    }

    /// A norm without a scale, before a block.
    String before(int norm, int layer, String x) throws IOException {
        return graph.layerNorm(x, WIDTH, null, tensors.part(path() + "LayerNorm_" + norm + "/bias", layer), EPSILON);
    }

    /// The norm after an attention, and the sum with the residual stream.
    String after(int norm, int layer, String x, String h) throws IOException {
        String name = path() + "LayerNorm_" + norm;
        return graph.add(x, graph.layerNorm(h, WIDTH, tensors.part(name + "/scale", layer),
                tensors.part(name + "/bias", layer), EPSILON));
    }

    /// (rows, positions, width) → (rows, heads, positions, head).
    String heads(String x) throws IOException {
        return graph.permute(graph.reshape(x, rows, positions, HEADS, HEAD), 0, 2, 1, 3);
    }

    /// Heads side by side again.
    String joined(String x) throws IOException {
        return graph.reshape(graph.permute(x, 0, 2, 1, 3), rows, positions, WIDTH);
    }

    /// The gated linear unit of a layer.
    String feedForward(int layer, String x) throws IOException {
        String name = path() + "GLU_0/";
        String normed = graph.layerNorm(x, WIDTH, null, tensors.part(name + "LayerNorm_0/bias", layer), EPSILON);
        String gate = graph.gelu(dense(name + "Dense_0", layer, normed, FFN, WIDTH));
        String h = graph.multiply(gate, dense(name + "Dense_1", layer, normed, FFN, WIDTH));
        h = graph.layerNorm(h, FFN, null, tensors.part(name + "LayerNorm_1/bias", layer), EPSILON);
        return graph.add(x, dense(name + "Dense_2", layer, h, WIDTH, FFN));
    }

    private String dense(String name, int layer, String x, int outputs, int inputs) throws IOException {
        return graph.linear(x, tensors.transposed(name + "/kernel", layer), outputs, inputs, null);
    }

    /// The last norm.
    String end(String x) throws IOException {
        return graph.layerNorm(x, WIDTH, null, tensors.get("model/" + side + "/final_ln/bias"), EPSILON);
    }
}
