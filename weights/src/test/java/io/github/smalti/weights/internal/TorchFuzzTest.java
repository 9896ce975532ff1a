package io.github.smalti.weights.internal;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.ReadLimits;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Damaged copies of good files give tensors or a [WeightsException], quickly; `-Dsmalti.fuzz` sets how many,
/// `-Dsmalti.fuzz.seed` repeats a run.
class TorchFuzzTest {
    private static final int MUTANTS = Integer.getInteger("smalti.fuzz", 3000);
    private static final long SEED = Long.getLong("smalti.fuzz.seed", 20_261_123);
    private static final String OPCODES = "(.012NJKMGXTUBC]lae)t}dsucRiobQhjqr"
            + "\u0080\u0081\u0085\u0086\u0087\u0088\u0089\u008a\u008c\u0093\u0094";
    private static final long MAX_NANOS = 5_000_000_000L;

    @TempDir
    Path folder;

    @Test
    void mutantsGiveTensorsOrTheDeclaredException() throws IOException {
        List<byte[]> good = List.of(read("good.pt"), read("good-legacy.pt"), read("good-minimal.pt"));
        Map<String, byte[]> records = records();
        Path file = folder.resolve("mutant.pt");
        int refused = 0;
        for (int i = 0; i < MUTANTS; i++) {
            RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED + i);
            boolean isWithinPickle = i % 2 == 0;
            Files.write(file, isWithinPickle
                    ? withMutantPickle(records, random)
                    : mutant(good.get(i / 2 % good.size()), random));
            String which = "mutant " + i + " of seed " + SEED;
            long begin = System.nanoTime();
            try {
                if (!isReadable(file)) refused++;
            } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
                throw new AssertionError(which, e);
            }
            assertTrue(System.nanoTime() - begin < MAX_NANOS, which + " took too long");
        }
        assertTrue(refused > MUTANTS / 4 && refused < MUTANTS, "refused " + refused + " of " + MUTANTS);
    }

    private static boolean isReadable(Path file) {
        try (MappedFile mapped = MappedFile.open(file, ReadLimits.DEFAULT)) {
            TorchReader.recognises(mapped.bytes());
            try {
                TorchReader.globals(mapped);
            } catch (WeightsException e) {
                assertTrue(e.getMessage().length() < 2000);
            }
            TensorTable table = TorchReader.read(mapped);
            for (String name : table.names()) table.tensor(name).toFloats();
            return true;
        } catch (WeightsException e) {
            assertTrue(e.getMessage().length() < 2000);
            return false;
        }
    }

    private static byte[] read(String name) throws IOException {
        return Files.readAllBytes(GoldenCase.path("bad-files/torch").resolve(name));
    }

    private static Map<String, byte[]> records() throws IOException {
        Map<String, byte[]> records = new LinkedHashMap<>();
        try (ZipFile zip = new ZipFile(GoldenCase.path("bad-files/torch/good.pt").toFile())) {
            for (ZipEntry entry : Collections.list(zip.entries())) {
                records.put(entry.getName(), zip.getInputStream(entry).readAllBytes());
            }
        }
        return records;
    }

    /// A sound archive, so that the damage reaches the pickle machine.
    private static byte[] withMutantPickle(Map<String, byte[]> records, RandomGenerator random) {
        TorchZip zip = new TorchZip();
        records.forEach((name, data) -> zip.add(name, name.endsWith("data.pkl") ? mutant(data, random) : data));
        return zip.bytes();
    }

    /// A few places where bytes are set, replaced by opcodes, copied from elsewhere or cut off.
    private static byte[] mutant(byte[] good, RandomGenerator random) {
        byte[] bytes = good.clone();
        int changes = 1 + random.nextInt(4);
        for (int i = 0; i < changes; i++) {
            int at = random.nextInt(bytes.length);
            int length = Math.min(1 + random.nextInt(8), bytes.length - at);
            switch (random.nextInt(12)) {
                case 0 -> bytes = Arrays.copyOf(bytes, Math.max(1, at));
                case 1, 2 -> System.arraycopy(bytes, at, bytes, random.nextInt(bytes.length - length + 1), length);
                case 3 -> bytes[at] = (byte) 0xff;
                case 4 -> bytes[at] = 0;
                case 5, 6 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 7, 8, 9 -> bytes[at] = (byte) OPCODES.charAt(random.nextInt(OPCODES.length()));
                default -> bytes[at] = (byte) random.nextInt(256);
            }
        }
        return bytes;
    }
}
