package io.github.smalti.pipeline.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/// One hash for all files that decide what a model draws.
///
/// Hashing takes about a second a gigabyte, so hashes of large files are kept in the cache folder under the file's path,
/// and hold as long as its size and time of change stay the same.
public final class Fingerprint {
    private static final List<String> SUFFIXES = List.of(".json", ".txt", ".yaml", ".yml", ".gz", ".msgpack",
            ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".pkl", ".model");
    private static final long LARGE = 1 << 20;

    private final CacheFolder cache;

    /// A fingerprint that keeps hashes of large files.
    ///
    /// @param cache where
    public Fingerprint(CacheFolder cache) { this.cache = cache; }

    /// The SHA-256 of the lines `<sha256>  <part>/<file name>\n`, sorted by name; a folder `tokenizer` counts as well.
    ///
    /// @param parts folder or file of each part, by the part's name
    /// @return 64 hexadecimal digits
    /// @throws IOException if a file cannot be read
    public String of(Map<String, Path> parts) throws IOException {
        var files = new TreeMap<String, Path>();
        for (var part : parts.entrySet()) {
            for (Path file : files(part.getValue())) files.put(part.getKey() + "/" + file.getFileName(), file);
            Path tokenizer = part.getValue().resolve("tokenizer");
            if (!Files.isDirectory(tokenizer)) continue;
            for (Path file : files(tokenizer)) files.put(part.getKey() + "/tokenizer/" + file.getFileName(), file);
        }
        MessageDigest digest = Hashes.sha256();
        for (var file : files.entrySet()) {
            digest.update((hash(file.getValue()) + "  " + file.getKey() + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return Hashes.hex(digest);
    }

    private static List<Path> files(Path folderOrFile) throws IOException {
        if (Files.isRegularFile(folderOrFile)) return List.of(folderOrFile);
        try (Stream<Path> paths = Files.list(folderOrFile)) {
            return paths.filter(Fingerprint::counts).toList();
        }
    }

    /// Whether a file can be a checkpoint, configuration or vocabulary.
    private static boolean counts(Path file) {
        String name = file.getFileName().toString();
        return !name.startsWith(".") && SUFFIXES.stream().anyMatch(name::endsWith) && Files.isRegularFile(file);
    }

    /// SHA-256 of one file.
    ///
    /// @param file the file
    /// @return 64 hexadecimal digits
    /// @throws IOException if it cannot be read
    String hash(Path file) throws IOException {
        if (Files.size(file) < LARGE) return Hashes.of(file);
        Path real = file.toRealPath();
        String state = real + "\n" + Files.size(real) + "\n" + Files.getLastModifiedTime(real).toInstant() + "\n";
        MessageDigest name = Hashes.sha256();
        name.update(real.toString().getBytes(StandardCharsets.UTF_8));
        Path note = cache.usual().resolve("hashes").resolve(Hashes.hex(name));
        String known = known(note, state);
        if (!known.isEmpty()) return known;
        String hash = Hashes.of(real);
        keep(note, state + hash);
        return hash;
    }

    private static String known(Path note, String state) {
        try {
            if (!Files.isRegularFile(note) || Files.size(note) > 1 << 16) return "";
            String text = Files.readString(note);
            String hash = text.startsWith(state) ? text.substring(state.length()) : "";
            return hash.matches("[0-9a-f]{64}") ? hash : "";
        } catch (IOException _) {
            return ""; // then the file is hashed
        }
    }

    private static void keep(Path note, String text) {
        try {
            Files.createDirectories(note.getParent());
            AtomicFile.replace(note, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
        } catch (IOException _) {
            // a folder that cannot be written costs the next process the time to hash again
        }
    }
}
