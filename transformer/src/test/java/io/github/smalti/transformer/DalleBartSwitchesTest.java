package io.github.smalti.transformer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.golden.GoldenCase;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Every switch of the configuration against an independent float64 forward without a cache.
class DalleBartSwitchesTest {
    private static final int[] IDS = {0, 7, 19, 2, 1, 1};
    private static final int LENGTH = 4;
    private static final int[] TOKENS = {RandomBart.IMAGE_VOCAB, 3, 14, 0, 9};

    @ParameterizedTest(name = "bias {0}, scaled {1}, tied {2}, gated {3}, {4}, final norms {5}, scales {6}")
    @CsvSource({"false,false,false,true,gelu,true,false", "true,false,false,true,gelu,true,false",
            "false,true,false,true,gelu,true,false", "false,false,true,true,gelu,true,false",
            "false,false,false,false,gelu,true,false", "false,false,false,true,silu,true,false",
            "false,false,false,true,swish,true,false", "false,false,false,true,quick_gelu,true,false",
            "false,false,false,true,gelu,false,false", "false,false,false,true,gelu,true,true",
            "true,true,true,false,silu,false,true"})
    void computesWhatTheConfigurationSays(boolean bias, boolean scaled, boolean tied, boolean gated, String activation,
            boolean finalNorms, boolean normScales, @TempDir Path folder) throws Exception {
        RandomBart reference = RandomBart.of(bias, scaled, tied, gated, activation, finalNorms, normScales);
        reference.write(folder);
        double[][] hidden = reference.encode(IDS, LENGTH);
        double[][] logits = reference.decode(hidden, LENGTH, TOKENS);
        try (DalleBart bart = DalleBart.load(folder, Compute.shared(), Precision.F32)) {
            TextIds text = new TextIds(IDS, LENGTH);
            GoldenCase.assertClose("encoder", floats(hidden), bart.encoder().encode(text, IDS.length), 2e-5, 2e-5);
            EncodedPrompts encoded = bart.encoder().encode(text);
            DalleBartDecoder.State state = bart.decoder().new State(Arena.ofAuto(), encoded, new int[]{0});
            for (int step = 0; step < TOKENS.length; step++) {
                float[] got = bart.decoder().step(new int[]{TOKENS[step]}, step, state);
                GoldenCase.assertClose("step " + step, floats(logits[step]), got, 1e-4, 2e-5);
            }
            assertEquals(DalleBart.plan(folder, Precision.F32, 3, true), bart.plan(3, true));
        }
    }

    private static float[] floats(double[]... rows) {
        double[] all = Stream.of(rows).flatMapToDouble(Arrays::stream).toArray();
        float[] out = new float[all.length];
        for (int i = 0; i < out.length; i++) out[i] = (float) all[i];
        return out;
    }
}
