package io.github.smalti.bench.peers;

import java.io.IOException;
import java.util.Map;

/// Workload D: the encoder of DALL·E mini and two prompts of 64 tokens.
final class EncoderNetwork implements Network {
    static final int PROMPTS = 2;
    static final int LENGTH = 64;

    private static final int VOCABULARY = 50264;

    /// Ids of both prompts.
    static long[] ids() {
        float[] random = Numbers.uniform(31, PROMPTS * LENGTH, VOCABULARY / 2.0);
        long[] ids = new long[random.length];
        for (int i = 0; i < ids.length; i++) ids[i] = (long) (random[i] + VOCABULARY / 2.0);
        return ids;
    }

    @Override
    public Map<String, Input> inputs() { return Map.of("x", new Input(null, ids(), PROMPTS, LENGTH)); }

    @Override
    public void write(Graph graph) throws IOException {
        try (Tensors tensors = new Tensors(Network.folder("mini").resolve("flax_model.msgpack"))) {
            BartParts parts = new BartParts(graph, tensors, "encoder", PROMPTS, LENGTH);
            String x = parts.embed(graph.lookUp(parts.table("embed_tokens"), graph.input()),
                    parts.table("embed_positions"));
            for (int layer = 0; layer < BartParts.LAYERS; layer++) {
                String normed = parts.before(0, layer, x);
                String mixed = graph.attention(parts.heads(parts.project(0, "q", layer, normed)),
                        parts.heads(parts.project(0, "k", layer, normed)),
                        parts.heads(parts.project(0, "v", layer, normed)), null, BartParts.SCALE);
                x = parts.after(1, layer, x, parts.project(0, "out", layer, parts.joined(mixed)));
                x = parts.feedForward(layer, x);
            }
            graph.output(parts.end(x), PROMPTS, LENGTH, BartParts.WIDTH);
        }
    }
}
