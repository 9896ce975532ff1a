package io.github.smalti.dvae;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Pixels;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Kernels;
import io.github.smalti.golden.GoldenCase;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The memory plan against what is really allocated.
class VqganPlanTest {
    private static final double TOLERANCE = 0.1;

    @ParameterizedTest
    @ValueSource(strings = {"f16", "f4-attn"})
    void weightsAreAsPlanned(String model) throws Exception {
        Path folder = GoldenCase.path("vqgan/" + model);
        for (CodecOptions options : new CodecOptions[]{CodecOptions.DEFAULT, CodecOptions.DECODER_ONLY}) {
            MemoryPlan plan = Vqgan.plan(folder, options);
            try (Vqgan vqgan = Vqgan.load(folder, Compute.shared(), options)) {
                assertEquals(plan, vqgan.plan(vqgan.gridRows(), vqgan.gridCols()));
                assertEquals(options.hasEncoder(), vqgan.canEncode());
                assertEquals(vqgan.packedBytes(), plan.weightBytes(), TOLERANCE * plan.weightBytes());
                assertEquals(Files.size(folder.resolve("flax_model.msgpack")), plan.mappedBytes());
            }
        }
    }

    /// The largest maps have 7.6 MiB, since G1 rounds large arrays up to whole regions of 1, 2 or 4 MiB.
    @Test
    void picturesTakeWhatIsPlanned() {
        Path folder = GoldenCase.path("vqgan/f16");
        var measured = new LiveHeap(Kernels.best());
        try (Team one = new Team(1); Vqgan vqgan = Vqgan.load(folder, new Compute(measured, one))) {
            long plan = vqgan.plan(16, 15).scratchBytes();
            measured.start();
            Pixels picture = vqgan.decode(new int[240], 16, 15);
            long decoded = measured.peak();
            measured.start();
            vqgan.encode(picture);
            long encoded = measured.peak();
            assertTrue(plan > 20_000_000, "large beside what else the heap holds: " + plan);
            assertEquals(plan, Math.max(decoded, encoded), TOLERANCE * plan, "decoded " + decoded + ", encoded "
                    + encoded);
        }
    }
}
