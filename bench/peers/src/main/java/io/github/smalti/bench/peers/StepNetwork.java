package io.github.smalti.bench.peers;

import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.core.layer.Linear;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/// Workload B: one step of DALL·E mini's decoder for one image with guidance, two rows.
///
/// The input is (token, token, position). Keys and values of the prompts are constants, those of the steps before lie in
/// a cache that each engine keeps as it likes ([Graph#cachedAttention]).
final class StepNetwork implements Network {
    static final int ROWS = 2;
    static final int POSITIONS = 256;

    private static final int VOCABULARY = 16385;
    private static final int LENGTH = EncoderNetwork.LENGTH;

    /// The encoded prompts, (2 · 64, width).
    static float[] hidden() { return Numbers.uniform(41, ROWS * LENGTH * BartParts.WIDTH, 1.7); }

    /// The token before a position.
    static int token(int position) { return position == 0 ? VOCABULARY - 1 : position * 61 % (VOCABULARY - 1); }

    /// The input of a step.
    static long[] input(int position) { return new long[]{token(position), token(position), position}; }

    @Override
    public Map<String, Input> inputs() { return Map.of("x", new Input(null, input(0), 3)); }

    @Override
    public void write(Graph graph) throws IOException {
        try (Tensors tensors = new Tensors(Network.folder("mini").resolve("flax_model.msgpack"))) {
            BartParts parts = new BartParts(graph, tensors, "decoder", ROWS, 1);
            String tokens = graph.lookUp(parts.table("embed_tokens"), graph.slice(graph.input(), 0, 0, 2));
            String position = graph.lookUp(parts.table("embed_positions"), graph.slice(graph.input(), 0, 2, 3));
            String x = parts.embed(graph.reshape(tokens, ROWS, 1, BartParts.WIDTH), position);
            for (int layer = 0; layer < BartParts.LAYERS; layer++) {
                x = selfAttention(graph, parts, layer, x);
                x = crossAttention(graph, parts, layer, x);
                x = parts.feedForward(layer, x);
            }
            String logits = graph.linear(parts.end(x), tensors.transposed("lm_head/kernel"), VOCABULARY,
                    BartParts.WIDTH, null);
            graph.output(logits, ROWS, 1, VOCABULARY);
        }
    }

    private String selfAttention(Graph graph, BartParts parts, int layer, String x) throws IOException {
        String normed = parts.before(0, layer, x);
        String mixed = graph.cachedAttention(layer, parts.heads(parts.project(0, "q", layer, normed)),
                parts.heads(parts.project(0, "k", layer, normed)), parts.heads(parts.project(0, "v", layer, normed)),
                BartParts.SCALE);
        return parts.after(1, layer, x, parts.project(0, "out", layer, parts.joined(mixed)));
    }

    private String crossAttention(Graph graph, BartParts parts, int layer, String x) throws IOException {
        String query = parts.heads(parts.project(1, "q", layer, parts.before(2, layer, x)));
        String mixed = graph.attention(query, prompts(graph, parts, "k", layer), prompts(graph, parts, "v", layer),
                null, BartParts.SCALE);
        return parts.after(3, layer, x, parts.project(1, "out", layer, parts.joined(mixed)));
    }

    /// Keys or values of the prompts, (2, heads, 64, head).
    private static String prompts(Graph graph, BartParts parts, String part, int layer) throws IOException {
        int width = BartParts.WIDTH;
        float[] projected = new float[ROWS * LENGTH * width];
        try (Arena arena = Arena.ofShared()) {
            TensorView weight = TensorView.contiguous(DType.F32, new long[]{width, width},
                    MemorySegment.ofArray(parts.projection(1, part, layer)));
            new Linear(Compute.shared(), PackedMatrix.pack(arena, Precision.F32, weight), null).forward(hidden(),
                    ROWS * LENGTH, projected);
        }
        float[] heads = new float[projected.length];
        for (int i = 0; i < heads.length; i++) {
            int channel = i % width;
            int row = i / width;
            int head = row / LENGTH * BartParts.HEADS + channel / BartParts.HEAD;
            heads[(head * LENGTH + row % LENGTH) * BartParts.HEAD + channel % BartParts.HEAD] = projected[i];
        }
        return graph.constant(heads, ROWS, BartParts.HEADS, LENGTH, BartParts.HEAD);
    }
}
