package io.github.smalti.bench.peers;

import io.github.smalti.transformer.DalleBartConfig;
import java.io.IOException;
import java.util.Map;

/// Workload D: the encoder of DALL·E mini and two prompts of 64 tokens.
final class EncoderNetwork implements Network {
    static final int PROMPTS = 2;

    private final String model;
    private final DalleBartConfig config;

    EncoderNetwork(String model) {
        this.model = model;
        this.config = BartParts.config(model);
    }

    /// Ids of a prompt.
    int length() { return config.textLength(); }

    /// Ids of both prompts.
    long[] ids() {
        double half = config.textVocabSize() / 2.0;
        float[] random = Numbers.uniform(31, PROMPTS * length(), half);
        long[] ids = new long[random.length];
        for (int i = 0; i < ids.length; i++) ids[i] = (long) (random[i] + half);
        return ids;
    }

    @Override
    public Map<String, Input> inputs() { return Map.of("x", new Input(null, ids(), PROMPTS, length())); }

    @Override
    public void write(Graph graph) throws IOException {
        try (Tensors tensors = new Tensors(Network.folder(model).resolve("flax_model.msgpack"))) {
            BartParts parts = new BartParts(graph, tensors, config, "encoder", PROMPTS, length());
            String x = parts.embed(graph.lookUp(parts.table("embed_tokens"), graph.input()),
                    parts.table("embed_positions"));
            for (int layer = 0; layer < parts.layers(); layer++) {
                String normed = parts.before(0, layer, x);
                String mixed = graph.attention(parts.heads(parts.project(0, "q", layer, normed)),
                        parts.heads(parts.project(0, "k", layer, normed)),
                        parts.heads(parts.project(0, "v", layer, normed)), null, parts.scale());
                x = parts.after(1, layer, x, parts.project(0, "out", layer, parts.joined(mixed)));
                x = parts.feedForward(layer, x);
            }
            graph.output(parts.end(x), PROMPTS, length(), config.dModel());
        }
    }
}
