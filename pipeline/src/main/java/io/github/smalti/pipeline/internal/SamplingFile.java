package io.github.smalti.pipeline.internal;

import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonException;
import io.github.smalti.core.json.JsonLimits;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.pipeline.SamplingSettings;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/// Reads `sampling.json`, the settings that a model's makers recommend: `guidance_scale`, `temperature`, `top_k`,
/// `top_p`, each optional.
public final class SamplingFile {
    private static final String NAME = "sampling.json";
    private static final int MAX_BYTES = 1 << 16;
    private static final Set<String> KEYS = Set.of("guidance_scale", "temperature", "top_k", "top_p");

    private SamplingFile() {}

    /// The settings of a model: those in its own folder, else those in the folder above, else the family's.
    ///
    /// @param dalle  folder of the transformer
    /// @param family what holds for keys that are not given
    /// @throws WeightsException if the file is malformed or a value out of range
    public static SamplingSettings read(Path dalle, SamplingSettings family) {
        for (Path file : new Path[]{dalle.resolve(NAME), dalle.toAbsolutePath().resolveSibling(NAME)}) {
            if (Files.isRegularFile(file)) return parse(file, family);
        }
        return family;
    }

    private static SamplingSettings parse(Path file, SamplingSettings family) {
        try {
            if (Files.size(file) > MAX_BYTES) throw new JsonException("more than " + MAX_BYTES + " bytes");
            JsonValue json = Json.parse(Files.readAllBytes(file), JsonLimits.DEFAULT);
            for (String key : json.asObject().keySet()) {
                if (!KEYS.contains(key)) throw new JsonException("unknown key " + Visible.text(key));
            }
            return new SamplingSettings(
                    json.has("temperature") ? (float) json.get("temperature").asDouble() : family.temperature(),
                    json.has("top_k") ? json.get("top_k").asInt() : family.topK(),
                    json.has("top_p") ? (float) json.get("top_p").asDouble() : family.topP(),
                    json.has("guidance_scale")
                            ? (float) json.get("guidance_scale").asDouble()
                            : family.guidanceScale());
        } catch (IOException | JsonException | IllegalArgumentException e) {
            throw new WeightsException(file.toString(), "", e.getMessage(), e);
        }
    }
}
