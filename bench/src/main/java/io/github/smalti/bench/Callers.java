package io.github.smalti.bench;

import io.github.smalti.transformer.CodeRequest;
import io.github.smalti.transformer.DalleBart;
import io.github.smalti.transformer.GenerationCancelledException;
import io.github.smalti.transformer.Sampling;
import java.util.concurrent.CountDownLatch;

/// Several callers that draw at the same time on one model and one team: who gets how much.
///
/// @param tokens tokens that each caller drew
/// @param seconds how long
record Callers(int[] tokens, double seconds) {
    /// Lets callers draw one image after another.
    ///
    /// @param model   what they share
    /// @param count   callers
    /// @param seconds how long
    static Callers of(DalleBart model, int count, double seconds) {
        int[] tokens = new int[count];
        var ready = new CountDownLatch(count + 1);
        long[] deadline = new long[1];
        Thread[] threads = new Thread[count];
        Throwable[] faults = new Throwable[count];
        for (int i = 0; i < count; i++) {
            int caller = i;
            threads[i] = Thread.ofPlatform().name("caller-" + i).start(() -> {
                try {
                    ready.countDown();
                    ready.await();
                    while (System.nanoTime() < deadline[0]) tokens[caller] += draw(model, caller, deadline[0]);
                } catch (InterruptedException | RuntimeException e) {
                    faults[caller] = e;
                }
            });
        }
        deadline[0] = System.nanoTime() + (long) (seconds * 1e9);
        ready.countDown();
        try {
            for (Thread thread : threads) thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("stopped", e);
        }
        for (Throwable fault : faults) if (fault != null) throw new BenchException("a caller failed: " + fault, fault);
        return new Callers(tokens, seconds);
    }

    /// Tokens drawn until the image is done or the time is up.
    private static int draw(DalleBart model, int caller, long deadline) {
        var request = new CodeRequest(Drawing.prompt(model, caller), Drawing.prompt(model, caller + 1),
                new Sampling.Random(1f, 0, 1f), 10f, caller, new int[]{0});
        int[] drawn = new int[1];
        try {
            model.generate(request, (tokensDone, _) -> {
                drawn[0] = tokensDone;
                return System.nanoTime() < deadline;
            });
        } catch (GenerationCancelledException _) {
            // the time is up
        }
        return drawn[0];
    }

    int total() {
        int sum = 0;
        for (int each : tokens) sum += each;
        return sum;
    }

    int least() {
        int least = Integer.MAX_VALUE;
        for (int each : tokens) least = Math.min(least, each);
        return least;
    }

    int most() {
        int most = 0;
        for (int each : tokens) most = Math.max(most, each);
        return most;
    }
}
