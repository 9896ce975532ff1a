package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Headers that are as large as is allowed cost seconds and a part of the heap at most.
class HugeHeaderTest {
    private static final int LARGEST = 100_000_000;
    private static final long MAX_BYTES = 512L << 20;
    private static final long MAX_NANOS = 5_000_000_000L;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    Path folder;

    /// Every tensor is empty, so that as many as possible stand in the header.
    @Test
    void refusesAHundredMegabytesOfMinimalEntries() throws IOException {
        String message = refusal("{\"0\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}",
                i -> ",\"" + i + "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}", "}");
        assertTrue(message.contains("more than"), message);
    }

    @Test
    void refusesAHundredMegabytesOfMetadata() throws IOException {
        String message = refusal("{\"__metadata__\":{\"0\":\"\"", i -> ",\"" + i + "\":\"\"", "}}");
        assertTrue(message.contains("more than"), message);
    }

    @Test
    void refusesAMillionOpenBrackets() throws IOException {
        Path file = folder.resolve("deep.safetensors");
        byte[] header = ("{\"a\":" + "[".repeat(1_000_000)).getBytes(StandardCharsets.US_ASCII);
        Files.write(file, ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length)
                .put(header).array());
        assertTrue(cheapRefusal(file).contains("nested deeper"));
    }

    private String refusal(String begin, IntFunction<String> entry, String end) throws IOException {
        Path file = folder.resolve("huge.safetensors");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
            out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(LARGEST).array());
            int written = write(out, begin);
            for (int i = 1; written < LARGEST - 100; i++) written += write(out, entry.apply(i));
            written += write(out, end);
            write(out, " ".repeat(LARGEST - written));
        }
        return cheapRefusal(file);
    }

    private static int write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.US_ASCII));
        return text.length();
    }

    private static String cheapRefusal(Path file) {
        long bytes = THREADS.getCurrentThreadAllocatedBytes();
        long nanos = THREADS.getCurrentThreadCpuTime();
        WeightsException refusal = assertThrows(WeightsException.class, () -> Checkpoints.open(file));
        long allocated = THREADS.getCurrentThreadAllocatedBytes() - bytes;
        long taken = THREADS.getCurrentThreadCpuTime() - nanos;
        assertTrue(allocated < MAX_BYTES, allocated + " bytes allocated");
        assertTrue(taken < MAX_NANOS, taken + " ns");
        return refusal.getMessage();
    }
}
