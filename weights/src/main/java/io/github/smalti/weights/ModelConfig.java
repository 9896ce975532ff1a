package io.github.smalti.weights;

import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonException;
import io.github.smalti.core.json.JsonLimits;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.weights.internal.YamlSubset;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;

/// A configuration file beside a checkpoint, read strictly: a key has the type and range that is asked for, or the
/// error names file, key, expected and found.
///
/// JSON (`config.json`) or the small part of YAML that taming-transformers' `model.yaml` uses: nested maps by
/// indentation, scalars, `[a, b]` and `- a` lists. A JSON twin of such a YAML file reads the same. Immutable.
public final class ModelConfig {
    private final String file;
    private final String path;
    private final Map<String, JsonValue> values;

    private ModelConfig(String file, String path, Map<String, JsonValue> values) {
        this.file = file;
        this.path = path;
        this.values = values;
    }

    /// Reads a JSON file within the default limits.
    ///
    /// @param path the file
    /// @return its root object
    /// @throws WeightsException if it is missing or no strict JSON object
    public static ModelConfig readJson(Path path) { return readJson(path, ReadLimits.DEFAULT); }

    /// Reads a JSON file.
    ///
    /// @param path   the file
    /// @param limits its size and nesting
    /// @return its root object
    /// @throws WeightsException if it is missing or no strict JSON object
    public static ModelConfig readJson(Path path, ReadLimits limits) {
        String file = String.valueOf(path.getFileName());
        try {
            var json = new JsonLimits(limits.configBytes(), limits.configDepth(), 1 << 16, 1024, 64, 100_000);
            return new ModelConfig(file, "", Json.parse(read(path, limits), json).asObject());
        } catch (JsonException e) {
            throw new WeightsException(file, "", e.getMessage(), e);
        }
    }

    /// Reads a YAML file of the subset above within the default limits.
    ///
    /// @param path the file
    /// @return its root map
    /// @throws WeightsException if it is missing or outside the subset; the line is named
    public static ModelConfig readYaml(Path path) { return readYaml(path, ReadLimits.DEFAULT); }

    /// Reads a YAML file of the subset above.
    ///
    /// @param path   the file
    /// @param limits its size and nesting
    /// @return its root map
    /// @throws WeightsException if it is missing or outside the subset; the line is named
    public static ModelConfig readYaml(Path path, ReadLimits limits) {
        String file = String.valueOf(path.getFileName());
        return new ModelConfig(file, "", YamlSubset.parse(file, read(path, limits), limits.configDepth()).asObject());
    }

    private static byte[] read(Path path, ReadLimits limits) {
        try (InputStream in = Files.newInputStream(path)) {
            byte[] bytes = in.readNBytes((int) Math.min(Integer.MAX_VALUE - 8, limits.configBytes() + 1L));
            if (bytes.length > limits.configBytes()) {
                throw new WeightsException(path.toString(), "", "a configuration of more than " + limits.configBytes()
                        + " bytes");
            }
            return bytes;
        } catch (NoSuchFileException e) {
            throw new WeightsException(path.toString(), "", "there is no such file; a model folder needs it", e);
        } catch (IOException e) {
            throw new WeightsException(path.toString(), "", "cannot be read: " + e.getMessage(), e);
        }
    }

    /// The file's name, for messages.
    public String file() { return file; }

    /// Whether a key is there and not null.
    ///
    /// @param key the key
    public boolean has(String key) { return values.get(key) != null && !(values.get(key) instanceof JsonValue.Null); }

    /// A map within this one.
    ///
    /// @param key the key
    /// @return the inner map
    public ModelConfig in(String key) {
        return new ModelConfig(file, path + key + ".", typed(key, "a map", () -> require(key).asObject()));
    }

    /// A whole number that must be there.
    ///
    /// @param key the key
    /// @param min smallest value accepted
    /// @param max largest value accepted
    public int requireInt(String key, int min, int max) {
        long value = typed(key, "a whole number", () -> require(key).asLong());
        if (value < min || value > max) throw fault(key, "expected " + min + " to " + max + ", found " + value);
        return (int) value;
    }

    /// A whole number with a default.
    ///
    /// @param key      the key
    /// @param fallback the value if the key is missing
    /// @param min      smallest value accepted
    /// @param max      largest value accepted
    public int optionalInt(String key, int fallback, int min, int max) {
        return has(key) ? requireInt(key, min, max) : fallback;
    }

    /// A list of whole numbers that must be there.
    ///
    /// @param key the key
    /// @return a new array of at most 1,000 numbers
    public int[] requireInts(String key) {
        var list = typed(key, "a list of whole numbers", () -> require(key).asArray());
        if (list.size() > 1000) throw fault(key, "expected at most 1000 numbers, found " + list.size());
        return typed(key, "a list of whole numbers", () -> list.stream().mapToInt(JsonValue::asInt).toArray());
    }

    /// A number with a default.
    ///
    /// @param key      the key
    /// @param fallback the value if the key is missing
    public double optionalDouble(String key, double fallback) {
        return has(key) ? typed(key, "a number", () -> require(key).asDouble()) : fallback;
    }

    /// A truth with a default.
    ///
    /// @param key      the key
    /// @param fallback the value if the key is missing
    public boolean optionalBoolean(String key, boolean fallback) {
        return has(key) ? typed(key, "true or false", () -> require(key).asBoolean()) : fallback;
    }

    /// A text with a default.
    ///
    /// @param key      the key
    /// @param fallback the value if the key is missing
    public String optionalString(String key, String fallback) {
        return has(key) ? typed(key, "a text", () -> require(key).asString()) : fallback;
    }

    /// The fault of a value that is well-formed but not acceptable to the caller.
    ///
    /// @param key    the key
    /// @param detail what was expected and found
    /// @return an exception to throw
    public WeightsException fault(String key, String detail) { return new WeightsException(file, path + key, detail); }

    private JsonValue require(String key) {
        if (!has(key)) throw fault(key, "the configuration lacks this key");
        return values.get(key);
    }

    private <T> T typed(String key, String expected, java.util.function.Supplier<T> read) {
        try {
            return read.get();
        } catch (JsonException e) {
            throw new WeightsException(file, path + key, "expected " + expected + ": " + e.getMessage(), e);
        }
    }
}
