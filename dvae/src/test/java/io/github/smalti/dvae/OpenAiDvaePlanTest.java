package io.github.smalti.dvae;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Pixels;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Kernels;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.Weights;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The memory plan against what is really allocated.
class OpenAiDvaePlanTest {
    private static final double TOLERANCE = 0.1;

    @ParameterizedTest
    @ValueSource(strings = {"a", "b"})
    void weightsAreAsPlanned(String model) throws Exception {
        Path folder = GoldenCase.path("openai-dvae/" + model);
        long decoderBytes = Files.size(folder.resolve("decoder.pkl"));
        for (CodecOptions options : new CodecOptions[]{CodecOptions.DEFAULT, CodecOptions.DECODER_ONLY}) {
            MemoryPlan plan = OpenAiDvae.plan(folder, options);
            try (OpenAiDvae codec = OpenAiDvae.load(folder, Compute.shared(), options)) {
                assertEquals(plan, codec.plan(codec.gridRows(), codec.gridCols()));
                assertEquals(options.hasEncoder(), codec.canEncode());
                assertEquals(codec.packedBytes(), plan.weightBytes(), TOLERANCE * plan.weightBytes());
                long encoderBytes = options.hasEncoder() ? Files.size(folder.resolve("encoder.pkl")) : 0;
                assertEquals(decoderBytes + encoderBytes, plan.mappedBytes());
            }
        }
    }

    /// The published width's Winograd convolutions take more than their share of the file; half of that width has them.
    @Test
    void winogradWeightsAreAsPlanned() {
        var config = new OpenAiDvaeConfig(128, 1, 16, 50);
        Compute compute = Compute.shared();
        try (var random = new RandomDvae(config);
                Weights decoder = random.decoderWeights(compute);
                Weights encoder = random.encoderWeights(compute)) {
            new OpenAiDvaeDecoder(config, decoder);
            new OpenAiDvaeEncoder(config, encoder);
            long plan = OpenAiDvaeFootprint.plan(config, true, 0, 1, 4, 4).weightBytes();
            assertEquals(plan, decoder.packedBytes() + encoder.packedBytes(), 0.01 * plan);
            assertEquals(OpenAiDvaeFootprint.plan(config, false, 0, 1, 4, 4).weightBytes(), decoder.packedBytes(),
                    0.01 * plan);
        }
    }

    /// The largest maps have 15.9 MB, since G1 rounds large arrays up to whole regions of 1, 2 or 4 MiB.
    @Test
    void picturesTakeWhatIsPlanned() {
        Path folder = GoldenCase.path("openai-dvae/a");
        var measured = new LiveHeap(Kernels.best());
        try (Team one = new Team(1); OpenAiDvae codec = OpenAiDvae.load(folder, new Compute(measured, one))) {
            long plan = codec.plan(64, 60).scratchBytes();
            measured.start();
            Pixels picture = codec.decode(new int[3840], 64, 60);
            long decoded = measured.peak();
            measured.start();
            codec.encode(picture);
            long encoded = measured.peak();
            assertTrue(plan > 30_000_000, "large beside what else the heap holds: " + plan);
            assertEquals(plan, Math.max(decoded, encoded), TOLERANCE * plan, "decoded " + decoded + ", encoded "
                    + encoded);
        }
    }

    /// The published sizes: 43.8 M and 53.8 M parameters, of which the decoder's first convolution stays mapped.
    @Test
    void publishedSizesAreAsPublished() {
        var config = new OpenAiDvaeConfig(256, 2, 128, 8192);
        MemoryPlan decoder = OpenAiDvaeFootprint.plan(config, false, 0, 2, 32, 32);
        MemoryPlan both = OpenAiDvaeFootprint.plan(config, true, 0, 2, 32, 32);
        long direct = 4 * (43_829_766L - 8192 * 128);
        assertTrue(decoder.weightBytes() > direct && decoder.weightBytes() < 2 * direct, decoder.toString());
        assertTrue(both.weightBytes() - decoder.weightBytes() > 4 * 53_785_600L, both.toString());
        assertTrue(both.scratchBytes() < 250_000_000, both.toString());
    }
}
