package io.github.smalti.transformer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Team;
import io.github.smalti.core.layer.KeyValues;
import io.github.smalti.golden.GoldenCase;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The plan against what this thread allocates; one thread, so that all of it is seen.
///
/// The kernels compute nothing here: what they allocate is theirs, and the Vector API's objects depend on what the
/// compiler has seen.
class MemoryTest {
    private static final Path MODEL = GoldenCase.embeddedModels().resolve("emoji-scenes/dalle");
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final TextIds FULL = new TextIds(IntStream.range(100, 132).toArray(), 32);
    private static final int MOST_ROUNDS = 60;
    private static Team team;
    private static DalleBart bart;

    @BeforeAll
    static void load() {
        team = new Team(1);
        bart = DalleBart.load(MODEL, new Compute(new NoKernels(), team), Precision.F32);
    }

    @AfterAll
    static void close() {
        bart.close();
        team.close();
    }

    @Test
    void sessionsTakeWhatThePlanSays() {
        for (int images : new int[]{1, 4, 9}) {
            for (boolean guided : new boolean[]{false, true}) {
                var plan = bart.plan(images, guided);
                double planned = plan.cacheBytes() + plan.scratchBytes();
                long taken = settled(() -> bytesOfSession(images, guided), 1.1 * planned);
                assertEquals(planned, taken, 0.1 * planned, images + " images, guided " + guided);
            }
        }
    }

    private static long bytesOfSession(int images, boolean guided) {
        int prompts = guided ? 2 : 1;
        long start = THREADS.getCurrentThreadAllocatedBytes();
        EncodedPrompts encoded = guided ? bart.encoder().encode(FULL, FULL) : bart.encoder().encode(FULL);
        int[] promptOf = IntStream.range(0, images * prompts).map(row -> row / images).toArray();
        int heads = bart.config().encoder().headCount();
        long encoding = THREADS.getCurrentThreadAllocatedBytes() - start
                + KeyValues.byteSize(Precision.F32, prompts, heads, bart.config().dModel() / heads, FULL.length());
        long before = THREADS.getCurrentThreadAllocatedBytes();
        var arena = new CountingArena();
        DalleBartDecoder.State state = bart.decoder().new State(arena, encoded, promptOf);
        var samplers = new CodeSampler[images];
        for (int i = 0; i < images; i++) samplers[i] = new CodeSampler(new NoKernels(), bart.codebookSize());
        long taken = THREADS.getCurrentThreadAllocatedBytes() - before + arena.bytes();
        assertTrue(bart.decoder().step(new int[promptOf.length], 0, state).length > 0);
        assertEquals(images, samplers.length);
        return Math.max(encoding, taken);
    }

    /// What is left are small objects: lambdas of the layers and views of embedding rows. Not a single activation row is
    /// allocated, and nothing by the vocabulary.
    @Test
    void tokensAllocateSmallObjectsOnly() {
        for (Sampling sampling : new Sampling[]{new Sampling.Greedy(), new Sampling.Random(1f, 50, 0.9f)}) {
            for (int images : new int[]{1, 8, 64}) {
                long allowed = 8_000 + (long) images * bart.config().dModel() * Float.BYTES; // half an activation a row
                long bytes = settled(() -> bytesPerToken(sampling, images), allowed);
                assertTrue(bytes < allowed, sampling + ", " + images + " images: " + bytes + " bytes a token");
            }
        }
    }

    private static long bytesPerToken(Sampling sampling, int images) {
        var request = new CodeRequest(FULL, FULL, sampling, 2f, 1, IntStream.range(0, images).toArray());
        long[] marks = new long[bart.codeCount() + 1];
        bart.generate(request, (done, _) -> {
            marks[done] = THREADS.getCurrentThreadAllocatedBytes();
            return true;
        });
        return (marks[bart.codeCount()] - marks[bart.codeCount() / 2]) / (bart.codeCount() / 2);
    }

    /// Measures until few enough bytes are seen, or often enough to be sure that there are more.
    private static long settled(LongSupplier bytes, double allowed) {
        long least = Long.MAX_VALUE;
        for (int round = 0; round < MOST_ROUNDS && least > allowed; round++) {
            least = Math.min(least, bytes.getAsLong());
        }
        return least;
    }
}
