package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.golden.GoldenCase;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Mutants of good files: the readers throw their declared exception and nothing else.
class FuzzTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"flax/good.msgpack", "flax/good-chunked.msgpack", "safetensors/good.safetensors"})
    void mutantsAreReadOrRefused(String name) throws IOException {
        byte[] good = Files.readAllBytes(GoldenCase.path("bad-files").resolve(name));
        long seed = Long.getLong("tests.seed", new Random().nextLong());
        Random random = new Random(seed);
        int mutants = Integer.getInteger("smalti.fuzz", 3_000);
        int refused = 0;
        Path file = folder.resolve("mutant");
        for (int i = 0; i < mutants; i++) {
            Files.write(file, mutate(good, random));
            try (Checkpoint checkpoint = Checkpoints.open(file)) {
                for (String tensor : checkpoint.names()) checkpoint.tensor(tensor).elementCount();
            } catch (WeightsException e) {
                refused++;
                assertTrue(e.getMessage().length() < 2_000, e.getMessage());
            } catch (RuntimeException | Error e) {
                throw new AssertionError("-Dtests.seed=" + seed + " mutant " + i, e);
            }
        }
        assertTrue(refused > mutants / 3, refused + " of " + mutants + " refused");
    }

    private static byte[] mutate(byte[] good, Random random) {
        byte[] mutant = good.clone();
        int head = Math.min(400, mutant.length);
        switch (random.nextInt(5)) {
            case 0 -> mutant = Arrays.copyOf(mutant, random.nextInt(mutant.length));
            case 1 -> mutant[random.nextInt(head)] ^= (byte) (1 << random.nextInt(8));
            case 2 -> mutant[random.nextInt(mutant.length)] = (byte) random.nextInt(256);
            case 3 -> {
                long[] extremes = {-1, 0, Long.MAX_VALUE, Integer.MAX_VALUE, 1L << 32, good.length};
                int at = random.nextInt(Math.max(1, head - 8));
                ByteBuffer.wrap(mutant).order(ByteOrder.LITTLE_ENDIAN).putLong(at, extremes[random.nextInt(6)]);
            }
            default -> {
                int from = random.nextInt(mutant.length);
                int to = random.nextInt(mutant.length);
                int count = Math.min(random.nextInt(64), mutant.length - Math.max(from, to));
                System.arraycopy(good, from, mutant, to, count);
            }
        }
        return mutant;
    }
}
