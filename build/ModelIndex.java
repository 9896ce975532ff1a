import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/// Lists the embedded model's files with sizes and SHA-256, so that no hash stands in the sources.
///
/// Run by the build: `java ModelIndex.java MODELS_FOLDER INDEX_FILE`. The folder holds exactly one model.
public final class ModelIndex {
    private ModelIndex() {}

    /// Writes the index.
    public static void main(String[] args) throws IOException, NoSuchAlgorithmException {
        Path models = Path.of(args[0]);
        Path index = Path.of(args[1]);
        List<Path> folders = children(models);
        if (folders.size() != 1) {
            throw new IllegalStateException("expected one folder, the embedded model, in " + models + ", found " + folders);
        }
        Path model = folders.getFirst();
        var json = new StringBuilder("{\n  \"name\": ").append(quoted(model.getFileName())).append(",\n  \"files\": [");
        String separator = "\n";
        for (Path file : files(model)) {
            json.append(separator).append("    {\"path\": ").append(quoted(model.relativize(file))).append(", \"size\": ")
                    .append(Files.size(file)).append(", \"sha256\": \"").append(sha256(file)).append("\"}");
            separator = ",\n";
        }
        Files.createDirectories(index.getParent());
        Files.writeString(index, json.append("\n  ]\n}\n"));
    }

    private static List<Path> children(Path folder) throws IOException {
        try (Stream<Path> paths = Files.list(folder)) {
            return paths.filter(Files::isDirectory).toList();
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            return paths.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }

    /// A path as a JSON string, `/` between its names; names are plain, so that they need no escapes.
    private static String quoted(Path path) {
        String text = path.toString().replace('\\', '/');
        if (!StandardCharsets.US_ASCII.newEncoder().canEncode(text) || !text.matches("[A-Za-z0-9._/+-]+")) {
            throw new IllegalStateException("a model's file names have letters, digits and . _ + - only: " + text);
        }
        return '"' + text + '"';
    }
}
