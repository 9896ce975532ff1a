package io.github.smalti.pipeline.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class LoadingTest {
    private final List<String> closed = new ArrayList<>();

    @Test
    void givesThePartAndClosesIt() {
        Loading<String> part = Loading.start(() -> "part", closed::add);
        assertEquals("part", part.get());
        part.close();
        assertEquals(List.of("part"), closed);
    }

    @Test
    void throwsWhatLoadingThrewAndHasNothingToClose() {
        var fault = new IllegalStateException("damaged");
        Loading<String> part = Loading.start(() -> { throw fault; }, closed::add);
        assertSame(fault, assertThrows(IllegalStateException.class, part::get));
        part.close();
        assertEquals(List.of(), closed);
    }

    @Test
    void closeWaitsForTheEndOfLoadingEvenIfInterrupted() {
        var mayEnd = new CountDownLatch(1);
        Loading<String> part = Loading.start(() -> {
            try {
                mayEnd.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return "late";
        }, closed::add);
        Thread.currentThread().interrupt();
        new Thread(mayEnd::countDown).start();
        part.close();
        assertTrue(Thread.interrupted(), "the interruption is kept");
        assertEquals(List.of("late"), closed);
    }
}
