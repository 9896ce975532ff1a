package io.github.smalti.dvae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Kernels;
import io.github.smalti.core.layer.Conv2d;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.core.layer.WinogradWeight;
import io.github.smalti.core.layer.Workspace;
import io.github.smalti.weights.Weights;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The network by its definition in float64, at widths where the golden models' small channels do not reach: Winograd's
/// convolutions, doublings folded into them, gains folded into relus.
class OpenAiDvaeDefinitionTest {
    private static final int ROWS = 2;
    private static final int COLS = 3;

    private static float[] mappedPicture() {
        Random random = new Random(5);
        float[] out = new float[8 * ROWS * 8 * COLS * 3];
        for (int i = 0; i < out.length; i++) out[i] = LogitLaplace.map(random.nextFloat());
        return out;
    }

    private static FeatureMap input(float[] mapped) {
        return FeatureMap.of(mapped, 8 * ROWS, 8 * COLS, 3, OpenAiDvaeEncoder.BORDER);
    }

    /// 128: half of the published width; 12: neither whole panels nor a gain that is a power of two, with three blocks.
    @ParameterizedTest
    @CsvSource({"128, 1, 16", "12, 3, 96"})
    void bothHalvesMatchTheirDefinition(int hidden, int blocks, int initial) {
        var config = new OpenAiDvaeConfig(hidden, blocks, initial, 50);
        Compute compute = Compute.shared();
        try (var random = new RandomDvae(config);
                Weights decoder = random.decoderWeights(compute);
                Weights encoder = random.encoderWeights(compute)) {
            int[] codes = {3, 49, 0, 17, 3, 22};
            FeatureMap drawn = new OpenAiDvaeDecoder(config, decoder).forward(codes, ROWS, COLS);
            assertNear("decoder_out", random.decode(codes, ROWS, COLS), drawn.toPixels(), 2e-4);

            var seeing = new OpenAiDvaeEncoder(config, encoder);
            float[] mapped = mappedPicture();
            float[] features = seeing.forward(input(mapped));
            double[][][] want = random.encode(mapped, 8 * ROWS, 8 * COLS);
            assertNear("z_logits", want, seeing.logits(features, ROWS * COLS), 1e-4);
            int[] found = seeing.codes(features, ROWS * COLS);
            for (int i = 0; i < found.length; i++) assertEquals(largest(want, i / COLS, i % COLS), found[i]);
        }
    }

    /// The golden manifests' tolerances.
    private static void assertNear(String what, double[][][] want, float[] got, double atol) {
        int channels = want.length;
        assertEquals(channels * want[0].length * want[0][0].length, got.length);
        for (int i = 0; i < got.length; i++) {
            int pixel = i / channels;
            int cols = want[0][0].length;
            double expected = want[i % channels][pixel / cols][pixel % cols];
            assertEquals(expected, got[i], atol + 1e-4 * Math.abs(expected), what + " " + i);
        }
    }

    private static int largest(double[][][] logits, int y, int x) {
        int best = 0;
        for (int c = 1; c < logits.length; c++) if (logits[c][y][x] > logits[best][y][x]) best = c;
        return best;
    }

    @Test
    void widthsOfTheDefinitionTestReachWinograd() {
        assertTrue(WinogradWeight.isWorthwhile(32, 32, OpenAiDvaeConfig.pixels(0)));
        assertTrue(WinogradWeight.isWorthwhile(64, 256, OpenAiDvaeConfig.pixels(1)));
    }

    @Test
    void bitsAtTheseWidthsDependOnNeitherThreadsNorKernels() {
        var config = new OpenAiDvaeConfig(128, 1, 16, 50);
        float[] drawn = null;
        float[] seen = null;
        try (var random = new RandomDvae(config); Team one = new Team(1); Team three = new Team(3)) {
            for (Compute compute : new Compute[]{new Compute(Kernels.best(), one), new Compute(Kernels.best(), three),
                    new Compute(Kernels.scalar(), three)}) {
                try (Weights decoder = random.decoderWeights(compute);
                        Weights encoder = random.encoderWeights(compute)) {
                    float[] nowDrawn = new OpenAiDvaeDecoder(config, decoder).forward(new int[]{1, 2}, 1, 2)
                            .toPixels();
                    float[] nowSeen = new OpenAiDvaeEncoder(config, encoder).forward(input(mappedPicture()));
                    if (drawn == null) {
                        drawn = nowDrawn;
                        seen = nowSeen;
                    }
                    assertArrayEquals(drawn, nowDrawn);
                    assertArrayEquals(seen, nowSeen);
                }
            }
        }
    }

    /// S16: the first convolution over one-hot vectors is a column of its weight plus the bias, whatever the neighbours.
    @Test
    void aCodeIsDrawnFromItsRowAlone() {
        var config = new OpenAiDvaeConfig(8, 1, 5, 9);
        try (var random = new RandomDvae(config); Weights weights = random.decoderWeights(Compute.shared())) {
            random.clearResidualPaths(); // so that no neighbour is seen
            var decoder = new OpenAiDvaeDecoder(config, weights);
            float[] alone = decoder.forward(new int[]{7}, 1, 1).toPixels();
            float[] beside = decoder.forward(new int[]{7, 2, 7}, 1, 3).toPixels();
            for (int y = 0; y < 8; y++) {
                for (int tile = 0; tile < 3; tile += 2) {
                    int at = (y * 24 + tile * 8) * 6;
                    assertArrayEquals(Arrays.copyOfRange(alone, y * 48, (y + 1) * 48),
                            Arrays.copyOfRange(beside, at, at + 48));
                }
            }
        }
    }

    /// S17: with zeros in its convolutions a block is its identity path, bit for bit; the gain is 1 / layers².
    @Test
    void blockWithoutResidualIsItsIdentityPath() {
        assertEquals(1f / 64, new OpenAiDvaeConfig(256, 2, 128, 8192).gain());
        var config = new OpenAiDvaeConfig(8, 2, 5, 9);
        try (var random = new RandomDvae(config); Weights weights = random.decoderWeights(Compute.shared())) {
            random.clearResidualPaths();
            float[] pixels = Arrays.copyOf(mappedPicture(), 3 * 4 * 64);
            Weights group = weights.in("blocks.group_1");
            var same = BottleneckBlock.ofDecoder(group.in("block_2"), 64, 64, config.gain(), 0, false);
            var workspace = new Workspace(8);
            assertArrayEquals(pixels, same.forward(FeatureMap.of(pixels, 3, 4, 64), workspace).toPixels());

            float[] narrow = Arrays.copyOf(pixels, 3 * 4 * 5);
            var widening = BottleneckBlock.ofDecoder(group.in("block_1"), 5, 64, config.gain(), 0, false);
            Conv2d identity = group.in("block_1").conv2d("id_path", 5, 64, 1, 1);
            assertArrayEquals(identity.forward(FeatureMap.of(narrow, 3, 4, 5), new Workspace(8)).toPixels(),
                    widening.forward(FeatureMap.of(narrow, 3, 4, 5), workspace).toPixels());
        }
    }
}
