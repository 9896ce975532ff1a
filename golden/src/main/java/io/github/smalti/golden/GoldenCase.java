package io.github.smalti.golden;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One case: a folder with `manifest.json` and arrays, each with the tolerance that its reference states.
///
/// Example: `GoldenCase.of("dalle-mini/mini/cases/full").assertClose("encoder_hidden", got)`.
public final class GoldenCase {
    private final Path folder;
    private final JsonNode manifest;
    private final Map<String, JsonNode> tensors = new LinkedHashMap<>();

    private GoldenCase(Path folder) {
        this.folder = folder;
        this.manifest = json(folder.resolve("manifest.json"));
        for (JsonNode tensor : manifest.path("tensors")) tensors.put(tensor.path("name").asText(), tensor);
    }

    /// Opens the case in a folder below `golden/data`.
    public static GoldenCase of(String folder) { return new GoldenCase(path(folder)); }

    /// A file or folder below `golden/data`, for example a checkpoint.
    public static Path path(String name) {
        String root = System.getProperty("smalti.golden");
        if (root == null) throw new IllegalStateException("run by Maven, or set -Dsmalti.golden=<project>/golden/data");
        return Path.of(root).resolve(name);
    }

    /// The folder of the embedded model's files (`dalle`, `vqgan`, `clip`), and of any other file of its resources.
    public static Path embeddedModels() { return Path.of(System.getProperty("smalti.models")); }

    /// Parses a JSON file with Jackson, so that tests do not trust our own parser.
    public static JsonNode json(Path file) {
        try {
            return new ObjectMapper().readTree(file.toFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The whole manifest, for entries besides `tensors`.
    public JsonNode manifest() { return manifest; }

    /// The folder of this case.
    public Path folder() { return folder; }

    /// Names of the arrays, in the manifest's order.
    public List<String> names() { return List.copyOf(tensors.keySet()); }

    /// The manifest's entry of an array (`shape`, `note`, `role`, tolerances).
    public JsonNode entry(String name) {
        JsonNode entry = tensors.get(name);
        if (entry == null) throw new IllegalArgumentException(folder + " has no array " + name);
        return entry;
    }

    /// An array as stored.
    public Npy array(String name) { return Npy.read(folder.resolve(entry(name).path("file").asText())); }

    /// A float32 array.
    public float[] floats(String name) { return array(name).floats(); }

    /// An int32 or uint8 array.
    public int[] ints(String name) { return array(name).ints(); }

    /// Fails unless every element is within `atol + rtol * |want|` of the reference, as its manifest states.
    public void assertClose(String name, float[] got) {
        JsonNode entry = entry(name);
        if (!entry.has("atol") || !entry.has("rtol")) throw new AssertionError(name + " states no tolerance");
        assertClose(folder + " " + name, floats(name), got, entry.path("atol").asDouble(),
                entry.path("rtol").asDouble());
    }

    /// Fails unless the integers are equal.
    public void assertEqual(String name, int[] got) {
        int[] want = ints(name);
        if (!Arrays.equals(want, got)) {
            throw new AssertionError(folder + " " + name + ": expected " + Arrays.toString(want)
                    + "\nfound " + Arrays.toString(got));
        }
    }

    /// Fails unless every element is within `atol + rtol * |want|`; NaN never is.
    public static void assertClose(String what, float[] want, float[] got, double atol, double rtol) {
        if (want.length != got.length) {
            throw new AssertionError(what + ": expected " + want.length + " values, found " + got.length);
        }
        double worst = 0;
        for (int i = 0; i < want.length; i++) {
            double difference = Math.abs((double) got[i] - want[i]);
            if (!(difference <= atol + rtol * Math.abs(want[i]))) {
                throw new AssertionError(what + " [" + i + "]: expected " + want[i] + ", found " + got[i]
                        + " (off by " + difference + ", worst before " + worst + ")");
            }
            worst = Math.max(worst, difference);
        }
    }
}
