package io.github.smalti.transformer;

import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// One stream through a decoder-only model, position by position or in blocks, and what comes out of its layers.
final class DecoderWalk {
    private final DecoderOnlyModel model;
    private final TextIds[] prompts;
    private final DecoderStack.State state;

    DecoderWalk(DecoderOnlyModel model, TextIds prompt) {
        this.model = model;
        this.prompts = new TextIds[]{prompt};
        this.state = model.stack().new State(Arena.ofAuto(), 1, 1, false);
    }

    void readPrompt() { model.readPrompts(prompts, state); }

    /// Reads codes up to the end of a block.
    ///
    /// @return the code behind the block
    int read(int[] codes, int from, int to) { return model.readCodes(prompts, new int[][]{codes}, from, to, state); }

    /// Logits of the code behind the last one read, which must be the last that was asked for.
    float[] logits() { return state.logits.clone(); }

    /// Logits of the first code, if the text alone gives them.
    float[] textLogits() {
        model.stack().textLogits(state);
        return logits();
    }

    /// What the head gets of each row of the last pass.
    List<float[]> hidden() {
        int dModel = model.decoder().dModel();
        int count = state.rows.count();
        float[] normed = Arrays.copyOf(state.scratch.x, count * dModel);
        model.stack().norm(normed, count);
        return IntStream.range(0, count).mapToObj(row -> Arrays.copyOfRange(normed, row * dModel, (row + 1) * dModel))
                .toList();
    }

    /// Greedy codes after a given beginning.
    static int[] greedy(DecoderOnlyModel model, TextIds prompt, int[] prefix) {
        List<Integer> given = new ArrayList<>();
        for (int i = 0; i < model.codeCount(); i++) given.add(i < prefix.length ? prefix[i] : ImagePrompt.FREE);
        var request = new CodeRequest(prompt, prompt, new Sampling.Greedy(), 1f, 0, new int[]{0},
                new ImagePrompt(given));
        return model.generate(request, (_, _) -> true)[0];
    }

    /// Logits of each code from one on, step by step, while the codes are fed.
    static List<float[]> logitsOf(DecoderOnlyModel model, TextIds prompt, int[] codes, int from) {
        List<float[]> logits = new ArrayList<>();
        var walk = new DecoderWalk(model, prompt);
        walk.readPrompt();
        int leading = model.decoder().leadingRows();
        if (leading > 0) {
            walk.read(codes, -leading, 0);
            logits.add(walk.logits());
        } else {
            logits.add(walk.textLogits());
        }
        for (int i = 0; i < codes.length - 1; i++) {
            walk.read(codes, i, i + 1);
            logits.add(walk.logits());
        }
        return logits.subList(from, codes.length);
    }

    /// Compares rows side by side and prints the largest difference.
    static void assertClose(GoldenCase golden, String name, List<float[]> rows) {
        float[] got = new float[rows.stream().mapToInt(row -> row.length).sum()];
        int at = 0;
        for (float[] row : rows) {
            System.arraycopy(row, 0, got, at, row.length);
            at += row.length;
        }
        float[] want = golden.floats(name);
        double worst = 0;
        for (int i = 0; i < Math.min(got.length, want.length); i++) worst = Math.max(worst, Math.abs(got[i] - want[i]));
        System.out.printf(Locale.ROOT, "golden %s %s: largest difference %.2g%n",
                golden.manifest().path("model").asText(), name, worst);
        golden.assertClose(name, got);
    }

    /// A tensor of a golden checkpoint.
    static float[] tensor(String file, String name) {
        Path path = GoldenCase.path(file);
        try (Checkpoint checkpoint = Checkpoints.open(path)) {
            return checkpoint.tensor(name).toFloats();
        }
    }

    /// A dense layer in float64.
    static float[] dense(float[] weight, float[] bias, float[] x) {
        float[] out = new float[weight.length / x.length];
        for (int n = 0; n < out.length; n++) {
            double sum = bias == null ? 0 : bias[n];
            for (int k = 0; k < x.length; k++) sum += (double) weight[n * x.length + k] * x[k];
            out[n] = (float) sum;
        }
        return out;
    }
}
