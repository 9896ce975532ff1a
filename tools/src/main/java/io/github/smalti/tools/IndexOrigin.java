package io.github.smalti.tools;

import io.github.smalti.clip.Clip;
import io.github.smalti.clip.Embeddings;
import io.github.smalti.clip.SemanticIndex;
import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonException;
import io.github.smalti.core.json.JsonValue;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Where the vectors of an index come from, kept in its file: which model made them, and in which folder the pictures lie.
///
/// Models are told apart by what they make of one text: the same model in another precision gives nearly the same
/// vector, another model of the same shape one that points elsewhere.
///
/// @param clip   the model's shape in short
/// @param probe  the model's embedding of [#PROBE]
/// @param folder the folder that names of items are relative to
record IndexOrigin(String clip, float[] probe, Path folder) {
    private static final String PROBE = "a photo";
    /// Another precision of the same model stays above it; cosines of unrelated vectors spread by 1/√width around 0.
    private static final double SAME = 0.9;

    /// The origin of vectors that are about to be made.
    static IndexOrigin of(Clip clip, Path folder) {
        return new IndexOrigin(clip.name(), clip.embedTexts(List.of(PROBE))[0], folder.toAbsolutePath().normalize());
    }

    /// The origin that an index tells.
    ///
    /// @return null if it was not made by the command line
    static IndexOrigin of(SemanticIndex index) {
        try {
            JsonValue about = Json.parse(index.about());
            List<JsonValue> numbers = about.get("probe").asArray();
            float[] probe = new float[numbers.size()];
            for (int i = 0; i < probe.length; i++) probe[i] = (float) numbers.get(i).asDouble();
            return new IndexOrigin(about.get("clip").asString(), probe, Path.of(about.get("folder").asString()));
        } catch (JsonException | IllegalArgumentException _) {
            return null; // a text of another kind
        }
    }

    /// The text that an index keeps.
    String text() {
        List<Object> numbers = new ArrayList<>();
        for (float number : probe) numbers.add(number);
        Map<String, Object> about = new LinkedHashMap<>();
        about.put("clip", clip);
        about.put("folder", folder.toString());
        about.put("probe", numbers);
        return Json.write(JsonValue.of(about));
    }

    /// Whether vectors of another origin may be compared with these.
    boolean isSameModel(IndexOrigin other) {
        return clip.equals(other.clip) && probe.length == other.probe.length
                && Embeddings.cosine(probe, other.probe) >= SAME;
    }

    /// Where an item's picture lies, as short as it can be told from here.
    String path(String name) {
        Path file = folder.resolve(name);
        Path here = Path.of("").toAbsolutePath();
        return file.startsWith(here) ? here.relativize(file).toString() : file.toString();
    }
}
