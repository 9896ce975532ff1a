package io.github.smalti.transformer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Activation;
import io.github.smalti.core.layer.AttentionPattern;
import io.github.smalti.golden.GoldenCase;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What the plans say, against files, allocations and the sizes of the published models.
class DecoderPlanTest {
    static final RuDalleConfig XL = new RuDalleConfig(24, 2048, 16, 16512, 128, 8192, 32, true,
            RuDalleConfig.Version.V3);
    static final MinDalleConfig MIN_DALLE = new MinDalleConfig(PromptKind.TEXT, 42, 1536, 24, 16384, 64, 16384, 256,
            true, true, Activation.GELU);
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int MOST_ROUNDS = 60;

    @ParameterizedTest
    @CsvSource({"rudalle/malevich-tiny, pytorch_model.bin", "rudalle/plain-v2, pytorch_model.bin",
            "mindalle/txt2img, stage2_last.ckpt", "mindalle/approx-nobias, stage2_last.ckpt",
            "mindalle/igpt-class, stage2_last.ckpt"})
    void countsTheParametersOfFiles(String folder, String file) {
        long count = folder.startsWith("rudalle")
                ? RuDalleFiles.in(GoldenCase.path(folder)).config().parameterCount()
                : MinDalleFiles.in(GoldenCase.path(folder)).config().parameterCount();
        assertEquals(GoldenCopy.of(folder, file).count(), count);
    }

    /// Published sizes: 1.3 billion each. Estimates that count 21 vectors of the width a layer of ruDALL-E, where there are
    /// 17, come to 1,310.6 M.
    @Test
    void countsTheParametersOfThePublishedModels() {
        assertEquals(1_310_410_880L, XL.parameterCount());
        assertEquals(1310.6e6, XL.parameterCount() + 24 * 4 * 2048.0, 0.05e6);
        assertEquals(1_291_081_728L, MIN_DALLE.parameterCount());
    }

    /// The paper's own model (S26): 64 layers of 62 heads, 12 billion parameters, 24 GB at 16 bits.
    @Test
    void countsTheParametersOfThePapersModel() {
        var paper = new RuDalleConfig(64, 3968, 62, 16384 + 256, 256, 8192, 32, false, RuDalleConfig.Version.V3);
        assertEquals(12.293e9, paper.parameterCount(), 0.003e9);
        assertEquals(24.25e9, DecoderPlan.weightBytes(paper.decoder(), Precision.BF16), 0.01e9);
        List<AttentionPattern> first = paper.patterns().subList(0, 8);
        for (int layer = 1; layer <= 8; layer++) {
            assertEquals((layer - 2) % 4 == 0, first.get(layer - 1) instanceof AttentionPattern.Column, "S29");
        }
    }

    /// 32 × 32 codes: 17 layers keep a row, 6 all, the last one six rows; dense layers would keep 1024 tokens each.
    @Test
    void cachesOfSparseLayersAreSmall() {
        DecoderConfig config = XL.decoder();
        List<AttentionPattern> patterns = config.patterns();
        assertEquals(17, patterns.stream().filter(AttentionPattern.Row.class::isInstance).count());
        assertEquals(6, patterns.stream().filter(AttentionPattern.Column.class::isInstance).count());
        assertEquals(new AttentionPattern.Convolution(32, 11, false), patterns.getLast());
        for (Precision precision : Precision.values()) {
            long weights = DecoderPlan.weightBytes(config, precision);
            long one = DecoderPlan.session(config, precision, 1, false).cacheBytes();
            long two = DecoderPlan.session(config, precision, 2, false).cacheBytes();
            long scratch = DecoderPlan.session(config, precision, 1, false).scratchBytes();
            System.out.printf(Locale.ROOT,
                    "| ruDALL-E XL | %s | weights %.1f MiB | cache of a text %.1f, of an image %.1f MiB | scratch %.1f MiB |%n",
                    precision, mib(weights), mib(2 * one - two), mib(two - one), mib(scratch));
            int bytes = precision == Precision.F32 ? 4 : 2;
            long kept = 17 * 33 + 6 * 1024 + 6 * 32;
            assertEquals(2.0 * 2048 * bytes * kept, two - one, 0.1 * 2 * 2048 * bytes * kept,
                    "tokens kept, rounded up to blocks");
            assertTrue(two - one < 0.35 * 2 * 2048 * bytes * 24 * 1024, "a third of what dense layers need");
        }
        assertEquals(1_224.7e6 * 4, DecoderPlan.weightBytes(config, Precision.F32), 0.001 * 1_224.7e6 * 4);
        DecoderConfig dense = MIN_DALLE.decoder();
        assertEquals(1_214.3e6 * 4, DecoderPlan.weightBytes(dense, Precision.F32), 0.001 * 1_214.3e6 * 4);
        for (Precision precision : Precision.values()) {
            var plan = DecoderPlan.session(dense, precision, 1, false);
            System.out.printf(Locale.ROOT,
                    "| minDALL-E | %s | weights %.1f MiB | cache %.1f MiB | scratch %.1f MiB |%n",
                    precision, mib(DecoderPlan.weightBytes(dense, precision)), mib(plan.cacheBytes()),
                    mib(plan.scratchBytes()));
            double bytes = precision == Precision.F32 ? 4 : 2;
            assertEquals(2 * 42 * 1536 * 320 * bytes, plan.cacheBytes(), 0.01 * plan.cacheBytes());
        }
    }

    private static double mib(long bytes) { return bytes / (1024.0 * 1024); }

    @ParameterizedTest
    @ValueSource(strings = {"rudalle/malevich-tiny", "mindalle/txt2img", "mindalle/igpt-class"})
    void weightsTakeWhatThePlanSays(String name) {
        for (Precision precision : Precision.values()) {
            var plan = CodeGenerators.plan(GoldenCase.path(name), precision, 2, true);
            try (CodeGenerator model = CodeGenerators.load(GoldenCase.path(name), Compute.shared(), precision)) {
                assertEquals(plan, model.plan(2, true), precision.toString());
            }
        }
    }

    /// One thread, so that all of it is seen; the kernels compute nothing, what they allocate is theirs. There are so many
    /// images that arrays outweigh the caches' own objects.
    @Test
    void sessionsTakeWhatThePlanSays() {
        try (Team team = new Team(1);
                var model = (DecoderOnlyModel) CodeGenerators.load(GoldenCase.path("rudalle/malevich-tiny"),
                        new Compute(new NoKernels(), team), Precision.F32)) {
            for (int images : new int[]{16, 40, 100}) {
                for (boolean guided : new boolean[]{false, true}) {
                    var plan = model.plan(images, guided);
                    double planned = plan.cacheBytes() + plan.scratchBytes();
                    long least = Long.MAX_VALUE;
                    for (int round = 0; round < MOST_ROUNDS && least > 1.1 * planned; round++) {
                        least = Math.min(least, bytesOfSession(model, images, guided));
                    }
                    assertEquals(planned, least, 0.1 * planned, images + " images, guided " + guided);
                }
            }
        }
    }

    private static long bytesOfSession(DecoderOnlyModel model, int images, boolean guided) {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        var arena = new CountingArena();
        var state = model.stack().new State(arena, guided ? 2 : 1, images, false);
        var request = new CodeRequest(new TextIds(new int[]{2}, 1), new TextIds(new int[]{2}, 1),
                new Sampling.Greedy(), guided ? 2f : 1f, 0, new int[images]);
        var drawing = new CodeDrawing(request, (_, _) -> true, new Compute(new NoKernels(), Compute.shared().team()),
                model.codeCount(), model.codebookSize());
        long taken = THREADS.getCurrentThreadAllocatedBytes() - before + arena.bytes();
        assertEquals(images, drawing.codes().length);
        assertTrue(state.mostRows >= images);
        return taken;
    }

    /// Nothing by width or vocabulary is allocated for a token.
    @Test
    void tokensAllocateSmallObjectsOnly() {
        try (Team team = new Team(1);
                var model = (DecoderOnlyModel) CodeGenerators.load(GoldenCase.path("rudalle/malevich-tiny"),
                        new Compute(new NoKernels(), team), Precision.F32)) {
            for (int images : new int[]{1, 8, 64}) {
                long allowed = 20_000 + (long) images * model.decoder().dModel() * Float.BYTES;
                long least = Long.MAX_VALUE;
                for (int round = 0; round < MOST_ROUNDS && least > allowed; round++) {
                    least = Math.min(least, bytesPerToken(model, images));
                }
                assertTrue(least <= allowed, images + " images: " + least + " bytes a token");
            }
        }
    }

    private static long bytesPerToken(DecoderOnlyModel model, int images) {
        var text = new TextIds(new int[]{2}, 1);
        int[] indexes = new int[images];
        Arrays.setAll(indexes, i -> i);
        var request = new CodeRequest(text, text, new Sampling.Random(1f, 50, 0.9f), 2f, 1, indexes);
        long[] marks = new long[model.codeCount() + 1];
        model.generate(request, (done, _) -> {
            marks[done] = THREADS.getCurrentThreadAllocatedBytes();
            return true;
        });
        int half = model.codeCount() / 2;
        return (marks[model.codeCount()] - marks[half]) / (model.codeCount() - half);
    }
}
