package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.dvae.Vqgan;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.transformer.CodeRequest;
import io.github.smalti.transformer.DalleBart;
import io.github.smalti.transformer.Sampling;
import io.github.smalti.transformer.TextIds;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/// 64 threads share one transformer and one image codec: every call gives the bits of its single-threaded twin.
class ManyCallersTest {
    private static final int THREADS = 64;
    private static final int CALLS = 50;
    private static final int SIDE = 3;

    private record Models(DalleBart bart, Vqgan codec) implements AutoCloseable {
        static Models load(Compute compute) {
            DalleBart bart = DalleBart.load(GoldenCase.path("dalle-mini/mini"), compute, Precision.BF16);
            return new Models(bart, Vqgan.load(GoldenCase.path("vqgan/f4-attn"), compute));
        }

        float[] draw(int call) {
            var text = new TextIds(new int[]{0, 5 + call, 9, 2}, 4);
            var nothing = new TextIds(new int[]{0, 2}, 2);
            var request = new CodeRequest(text, nothing, Sampling.of(1, 0, 1), 1 + call % 3, call, new int[]{call});
            int[] drawn = bart.generate(request, (_, _) -> true)[0];
            int[] codes = new int[SIDE * SIDE];
            for (int i = 0; i < codes.length; i++) codes[i] = drawn[i] % codec.codebookSize();
            return codec.decode(codes, SIDE, SIDE).values();
        }

        @Override
        public void close() {
            bart.close();
            codec.close();
        }
    }

    @Test
    void eachCallGivesTheBitsOfItsTwin() throws Exception {
        List<float[]> expected = new ArrayList<>();
        Compute one = Compute.withThreads(1);
        try (var alone = Models.load(one)) {
            for (int call = 0; call < CALLS; call++) expected.add(alone.draw(call));
        } finally {
            one.team().close();
        }
        int checked = 0;
        try (var shared = Models.load(Compute.shared()); var pool = Executors.newFixedThreadPool(THREADS)) {
            List<Callable<List<float[]>>> callers = new ArrayList<>();
            for (int thread = 0; thread < THREADS; thread++) {
                int first = thread;
                callers.add(() -> {
                    List<float[]> found = new ArrayList<>();
                    for (int i = 0; i < CALLS; i++) found.add(shared.draw((first + i) % CALLS));
                    return found;
                });
            }
            List<Future<List<float[]>>> results = pool.invokeAll(callers);
            for (int thread = 0; thread < THREADS; thread++) {
                for (int i = 0; i < CALLS; i++) {
                    int call = (thread + i) % CALLS;
                    assertArrayEquals(expected.get(call), results.get(thread).get().get(i), "call " + call);
                    checked++;
                }
            }
        }
        assertEquals(THREADS * CALLS, checked);
    }
}
