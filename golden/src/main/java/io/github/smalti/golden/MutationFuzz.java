package io.github.smalti.golden;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/// Reads damaged copies of files and fails if a reader does anything but read them or refuse them as declared.
///
/// Every mutant must, within 2 s of processor time and 64 MiB of heap beyond its own length, be read or refused by the
/// one declared exception with one readable line; leave no mapping, descriptor or thread; touch no file; memory outside
/// the heap grows by at most 64 MiB in the whole run. The build runs it in a JVM of 256 MiB of its own.
///
/// | property | meaning |
/// |---|---|
/// | `tests.seed` | repeats a run; drawn anew otherwise, and always printed |
/// | `smalti.fuzz.mutants` | how many, 1,000 otherwise |
/// | `smalti.fuzz.mutant` | this one mutant only |
/// | `smalti.fuzz.failures` | folder for mutants that failed |
/// | `smalti.fuzz.module` | module for the printed command |
///
/// Example: `MutationFuzz.of("safetensors", WeightsException.class).good(file).run(f -> Checkpoints.open(f).close())`.
public final class MutationFuzz {
    /// What is tried; it closes what it opens.
    @FunctionalInterface
    public interface Reader {
        /// Reads a file that may be damaged.
        ///
        /// @param file the mutant
        void read(Path file) throws IOException;
    }

    private static final int MOST_FAILURES = 5;
    private static final int MAX_MESSAGE = 2_000;

    private final String test;
    private final Class<? extends RuntimeException> refusal;
    private final List<byte[]> good = new ArrayList<>();
    private final List<byte[]> bad = new ArrayList<>();
    private final List<byte[]> words = new ArrayList<>();
    private final Map<String, byte[]> beside = new LinkedHashMap<>();
    private String fileName = "mutant";
    private UnaryOperator<byte[]> envelope = UnaryOperator.identity();
    private int mostMutants = Integer.MAX_VALUE;

    private MutationFuzz(String test, Class<? extends RuntimeException> refusal) {
        this.test = test;
        this.refusal = refusal;
    }

    /// Begins a description.
    ///
    /// @param test    class and method of the calling test, `CheckpointFuzzTest#safetensors`
    /// @param refusal the one exception that the reader declares for damaged files
    public static MutationFuzz of(String test, Class<? extends RuntimeException> refusal) {
        return new MutationFuzz(test, refusal);
    }

    /// Adds a file that must be read.
    public MutationFuzz good(byte[] bytes) {
        good.add(bytes);
        return this;
    }

    /// Adds a file that may be refused.
    public MutationFuzz bad(byte[] bytes) {
        if (bytes.length > 0) bad.add(bytes);
        return this;
    }

    /// Adds all files directly in a folder below `golden/data` that may be refused, up to a length.
    public MutationFuzz bad(String folder, int maxLength) throws IOException {
        try (Stream<Path> files = Files.list(GoldenCase.path(folder))) {
            for (Path file : files.sorted().toList()) {
                if (Files.isRegularFile(file) && Files.size(file) <= maxLength) bad(Files.readAllBytes(file));
            }
        }
        return this;
    }

    /// Adds words of the format; characters are bytes.
    public MutationFuzz words(String... texts) {
        for (String text : texts) words.add(text.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    /// The mutants' file name.
    public MutationFuzz named(String name) {
        fileName = name;
        return this;
    }

    /// Puts an undamaged file beside the mutant.
    public MutationFuzz beside(String name, byte[] bytes) {
        beside.put(name, bytes);
        return this;
    }

    /// What is done to every mutant before it is written, for example to mend checksums, so that damage gets deeper.
    public MutationFuzz within(UnaryOperator<byte[]> newEnvelope) {
        envelope = newEnvelope;
        return this;
    }

    /// Runs no more mutants than this, for readers that are slow on purpose.
    MutationFuzz atMost(int mutants) {
        mostMutants = mutants;
        return this;
    }

    /// Runs all mutants.
    ///
    /// @param reader reads one
    /// @throws AssertionError if a mutant failed; it is saved, and the command that repeats it is told
    public void run(Reader reader) throws IOException, InterruptedException {
        long seed = Long.getLong("tests.seed", new Random().nextLong());
        int only = Integer.getInteger("smalti.fuzz.mutant", -1);
        int begin = Math.max(0, only);
        int end = only >= 0 ? only + 1 : Math.min(mostMutants, Integer.getInteger("smalti.fuzz.mutants", 1_000));
        System.out.println("fuzz: " + command(seed));
        Path folder = Files.createTempDirectory("smalti-fuzz-");
        try {
            new Run(reader, folder, seed).mutants(begin, end);
        } finally {
            try (Stream<Path> files = Files.list(folder)) {
                for (Path file : files.toList()) Files.delete(file);
            }
            Files.delete(folder);
        }
    }

    private String command(long seed) {
        return "mvn -pl :" + System.getProperty("smalti.fuzz.module", "MODULE") + " -am test -Dtest=" + test
                + " -Dsurefire.failIfNoSpecifiedTests=false -Dtests.seed=" + seed;
    }

    /// One run over all mutants.
    private final class Run {
        private final Reader reader;
        private final Path folder;
        private final Path file;
        private final long seed;
        private final Mutations mutations;
        private final List<String> failures = new ArrayList<>();

        Run(Reader reader, Path folder, long seed) throws IOException {
            this.reader = reader;
            this.folder = folder;
            this.file = folder.resolve(fileName);
            this.seed = seed;
            this.mutations = new Mutations(good, bad, words);
            for (var entry : beside.entrySet()) Files.write(folder.resolve(entry.getKey()), entry.getValue());
        }

        void mutants(int begin, int end) throws IOException, InterruptedException {
            readUndamaged();
            FuzzWatch watch = new FuzzWatch(List.of(folder, Path.of("").toAbsolutePath()));
            int refused = 0;
            for (int i = begin; i < end && failures.size() < MOST_FAILURES; i++) {
                byte[] bytes = envelope.apply(mutations.mutant(new SplittableRandom(31 * seed + i)));
                Files.write(file, bytes);
                watch.begin();
                Throwable thrown = thrown();
                List<String> faults = watch.end(bytes.length);
                if (refusal.isInstance(thrown)) {
                    refused++;
                    faults.addAll(faultsOf(thrown.getMessage()));
                } else if (thrown != null) { faults.add("threw " + stackTrace(thrown)); }
                if (!faults.isEmpty()) failures.add(save(i, bytes, faults));
            }
            for (String fault : watch.atLast()) failures.add("all mutants together: " + fault);
            if (!failures.isEmpty()) throw new AssertionError(String.join("\n\n", failures) + "\n\n" + command(seed));
            System.out.println("fuzz: " + test + " refused " + refused + " of " + (end - begin) + " mutants");
        }

        /// Also loads all classes and starts all threads that reading takes, before anything is measured.
        private void readUndamaged() throws IOException {
            for (int i = 0; i < good.size(); i++) {
                Files.write(file, envelope.apply(good.get(i)));
                try {
                    reader.read(file);
                } catch (RuntimeException e) {
                    throw new AssertionError(test + ": good file " + i + " is not read", e);
                }
            }
            for (byte[] bytes : bad) {
                Files.write(file, envelope.apply(bytes));
                Throwable thrown = thrown();
                if (thrown != null && !refusal.isInstance(thrown))
                    throw new AssertionError(test + ": bad file", thrown);
            }
        }

        private Throwable thrown() {
            try {
                reader.read(file);
                return null;
            } catch (Throwable t) {
                return t;
            }
        }

        private List<String> faultsOf(String message) {
            List<String> faults = new ArrayList<>();
            if (message == null || message.isBlank()) faults.add("refused without a word");
            else if (message.length() >= MAX_MESSAGE) faults.add("message of " + message.length() + " characters");
            else if (message.chars().anyMatch(Character::isISOControl)) {
                faults.add("control characters in the message: " + message);
            }
            return faults;
        }

        private String save(int number, byte[] bytes, List<String> faults) throws IOException {
            Path target = Path.of(System.getProperty("smalti.fuzz.failures", System.getProperty("java.io.tmpdir")));
            Path saved = Files.createDirectories(target)
                    .resolve(test.replace('#', '-') + "-" + seed + "-" + number + "-" + fileName);
            Files.write(saved, bytes);
            return "mutant " + number + " (-Dsmalti.fuzz.mutant=" + number + "), saved as " + saved + ":\n  "
                    + String.join("\n  ", faults);
        }

        private static String stackTrace(Throwable thrown) {
            StringBuilder text = new StringBuilder(thrown.toString());
            StackTraceElement[] frames = thrown.getStackTrace();
            for (int i = 0; i < Math.min(12, frames.length); i++) text.append("\n    at ").append(frames[i]);
            return text.toString();
        }
    }
}
