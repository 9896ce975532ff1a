package io.github.smalti.bench.peers;

import java.io.IOException;
import java.util.Map;

/// Workload F: a tower of CLIP ViT-B/32 and eight pictures, or eight texts of 77 tokens.
///
/// Source: Radford et al., "Learning transferable visual models from natural language supervision", arXiv 2103.00020.
final class ClipNetwork implements Network {
    static final int BATCH = 8;
    static final int SIDE = 224;
    static final int CONTEXT = 77;

    private static final int PATCH = 32;
    private static final int LAYERS = 12;
    private static final int HEAD = 64;
    private static final int EMBEDDING = 512;
    private static final int VOCABULARY = 49408;
    private static final float EPSILON = 1e-5f;

    private final boolean images;
    private final int width;

    ClipNetwork(boolean images) {
        this.images = images;
        this.width = images ? 768 : 512;
    }

    /// Normalised pixels, (8, 3, 224, 224).
    static float[] planes() { return Numbers.uniform(21, BATCH * 3 * SIDE * SIDE, 1.7); }

    /// Ids, (8, 77); the last of each is the end mark.
    static long[] ids() {
        float[] random = Numbers.uniform(22, BATCH * CONTEXT, 24000);
        long[] ids = new long[random.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = i % CONTEXT == 0
                    ? VOCABULARY - 2
                    : i % CONTEXT == CONTEXT - 1
                            ? VOCABULARY - 1
                            : (long) random[i] + 24001;
        }
        return ids;
    }

    @Override
    public Map<String, Input> inputs() {
        return Map.of("x", images
                ? new Input(planes(), null, BATCH, 3, SIDE, SIDE)
                : new Input(null, ids(), BATCH, CONTEXT));
    }

    @Override
    public void write(Graph graph) throws IOException {
        try (Tensors tensors = new Tensors(Network.folder("clip").resolve("model.safetensors"))) {
            String pooled = images ? image(graph, tensors) : text(graph, tensors);
            String name = images ? "visual_projection.weight" : "text_projection.weight";
            graph.output(graph.linear(pooled, tensors.get(name), EMBEDDING, width, null), BATCH, EMBEDDING);
        }
    }

    private String image(Graph graph, Tensors tensors) throws IOException {
        int grid = SIDE / PATCH;
        String path = "vision_model.embeddings.";
        String patches = graph.convolution(graph.input(), tensors.get(path + "patch_embedding.weight"),
                new long[]{width, 3, PATCH, PATCH}, new float[width], PATCH, 0);
        String rows = graph.permute(graph.reshape(patches, BATCH, width, grid * grid), 0, 2, 1);
        float[] classes = new float[BATCH * width];
        float[] one = tensors.get(path + "class_embedding");
        for (int i = 0; i < classes.length; i++) classes[i] = one[i % width];
        String tokens = graph.concatenate(1, graph.constant(classes, BATCH, 1, width), rows);
        int count = grid * grid + 1;
        String h = graph.add(tokens, graph.constant(tensors.get(path + "position_embedding.weight"), 1, count, width));
        h = norm(graph, tensors, "vision_model.pre_layrnorm", h);
        for (int i = 0; i < LAYERS; i++) {
            h = block(graph, tensors, "vision_model.encoder.layers." + i, h, count, null);
        }
        String first = graph.reshape(graph.slice(h, 1, 0, 1), BATCH, width);
        return norm(graph, tensors, "vision_model.post_layernorm", first);
    }

    private String text(Graph graph, Tensors tensors) throws IOException {
        String path = "text_model.embeddings.";
        String table = graph.constant(tensors.get(path + "token_embedding.weight"), VOCABULARY, width);
        String positions = graph.constant(tensors.get(path + "position_embedding.weight"), 1, CONTEXT, width);
        String h = graph.add(graph.lookUp(table, graph.input()), positions);
        float[] causal = new float[CONTEXT * CONTEXT];
        for (int i = 0; i < causal.length; i++) { if (i % CONTEXT > i / CONTEXT) causal[i] = Float.NEGATIVE_INFINITY; }
        String mask = graph.constant(causal, CONTEXT, CONTEXT);
        for (int i = 0; i < LAYERS; i++) {
            h = block(graph, tensors, "text_model.encoder.layers." + i, h, CONTEXT, mask);
        }
        String last = graph.reshape(graph.slice(h, 1, CONTEXT - 1, CONTEXT), BATCH, width);
        return norm(graph, tensors, "text_model.final_layer_norm", last);
    }

    private String block(Graph graph, Tensors tensors, String name, String x, int count, String mask)
            throws IOException {
        String normed = norm(graph, tensors, name + ".layer_norm1", x);
        String[] parts = new String[3];
        for (int i = 0; i < 3; i++) {
            String rows = linear(graph, tensors, name + ".self_attn." + "qkv".charAt(i) + "_proj", normed, width,
                    width);
            parts[i] = graph.permute(graph.reshape(rows, BATCH, count, width / HEAD, HEAD), 0, 2, 1, 3);
        }
        String mixed = graph.attention(parts[0], parts[1], parts[2], mask, (float) (1 / Math.sqrt(HEAD)));
        String rows = graph.reshape(graph.permute(mixed, 0, 2, 1, 3), BATCH, count, width);
        String h = graph.add(x, linear(graph, tensors, name + ".self_attn.out_proj", rows, width, width));
        String wide = linear(graph, tensors, name + ".mlp.fc1", norm(graph, tensors, name + ".layer_norm2", h),
                4 * width, width);
        String active = graph.multiply(wide,
                graph.sigmoid(graph.multiply(wide, graph.constant(new float[]{1.702f}, 1))));
        return graph.add(h, linear(graph, tensors, name + ".mlp.fc2", active, width, 4 * width));
    }

    private String linear(Graph graph, Tensors tensors, String name, String x, int outputs, int inputs)
            throws IOException {
        return graph.linear(x, tensors.get(name + ".weight"), outputs, inputs, tensors.get(name + ".bias"));
    }

    private String norm(Graph graph, Tensors tensors, String name, String x) throws IOException {
        return graph.layerNorm(x, width, tensors.get(name + ".weight"), tensors.get(name + ".bias"), EPSILON);
    }
}
