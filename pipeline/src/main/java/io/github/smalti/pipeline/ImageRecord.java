package io.github.smalti.pipeline;

import io.github.smalti.core.Precision;
import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonException;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.pipeline.internal.PngChunks;
import io.github.smalti.pipeline.internal.Visible;
import io.github.smalti.transformer.ImagePrompt;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// How one image was made: all that its pixels depend on, so that [TextToImage#replay] can make it again.
///
/// An image has the same record whether it was drawn alone or among others. In a PNG file the record is the
/// international text chunk `smalti`, a JSON object.
///
/// @param version        version of Smalti
/// @param model          which model drew
/// @param prompt         the prompt, as far as it was read (65,536 characters)
/// @param negativePrompt the negative prompt, `""` for the empty one
/// @param imagePrompt    codes that were given; in JSON `image_prompt`, left out if there are none
/// @param shape          shape of the picture; in JSON `rows` and `cols` in codes, and `seamless`, left out for the
///                       model's own
/// @param sampling       how codes were chosen
/// @param seed           the seed
/// @param index          the image's index
public record ImageRecord(String version, ModelInfo model, String prompt, String negativePrompt,
        ImagePrompt imagePrompt, PictureShape shape, SamplingSettings sampling, long seed, int index) {
    /// Keyword of the record's text chunk in PNG files.
    public static final String KEYWORD = "smalti";

    /// Reads the record out of a PNG file, whoever made it.
    ///
    /// @param png the file
    /// @return its record
    /// @throws ImageFileException if the file is missing, damaged, no PNG or holds no valid record
    public static ImageRecord read(Path png) {
        try {
            String text = PngChunks.text(png, KEYWORD);
            if (text.isEmpty()) {
                throw new ImageFileException(png, "holds no record of how it was made: expected a PNG file that Smalti "
                        + "wrote and no other program has written since", null);
            }
            return fromJson(Json.parse(text));
        } catch (NoSuchFileException e) {
            throw new ImageFileException(png, "no such file", e);
        } catch (IOException e) {
            throw new ImageFileException(png, "cannot be read (" + e.getMessage() + ")", e);
        } catch (JsonException | IllegalArgumentException e) {
            throw new ImageFileException(png, "holds a record that is not valid (" + e.getMessage() + ")", e);
        }
    }

    /// The record as a JSON object.
    public JsonValue toJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("version", version);
        Map<String, Object> which = new LinkedHashMap<>();
        which.put("name", model.name());
        which.put("sha256", model.sha256());
        which.put("precision", model.precision().name().toLowerCase(Locale.ROOT));
        json.put("model", which);
        json.put("prompt", prompt);
        json.put("negative_prompt", negativePrompt);
        if (!imagePrompt.codes().isEmpty()) json.put("image_prompt", imagePrompt.codes());
        if (!shape.isOwn()) {
            json.put("rows", shape.rows());
            json.put("cols", shape.cols());
        }
        if (shape.isSeamless()) json.put("seamless", true);
        json.put("temperature", sampling.temperature());
        json.put("top_k", sampling.topK());
        json.put("top_p", sampling.topP());
        json.put("guidance_scale", sampling.guidanceScale());
        json.put("seed", seed);
        json.put("index", index);
        return JsonValue.of(json);
    }

    /// Makes a record from a JSON object.
    ///
    /// @param json as from [#toJson]
    /// @throws JsonException            if a member is missing or of another kind
    /// @throws IllegalArgumentException if a value is out of its range
    public static ImageRecord fromJson(JsonValue json) {
        JsonValue which = json.get("model");
        var model = new ModelInfo(which.get("name").asString(), hash(which.get("sha256").asString()),
                precision(which.get("precision").asString()));
        var sampling = new SamplingSettings((float) json.get("temperature").asDouble(), json.get("top_k").asInt(),
                (float) json.get("top_p").asDouble(), (float) json.get("guidance_scale").asDouble());
        int index = json.get("index").asInt();
        if (index < 0) throw new IllegalArgumentException("index: expected 0 or more, found " + index);
        return new ImageRecord(json.get("version").asString(), model, json.get("prompt").asString(),
                json.get("negative_prompt").asString(), imagePrompt(json), shape(json),
                sampling, json.get("seed").asLong(), index);
    }

    private static PictureShape shape(JsonValue json) {
        boolean isSeamless = json.has("seamless") && json.get("seamless").asBoolean();
        boolean isOwn = !json.has("rows") && !json.has("cols");
        return new PictureShape(isOwn ? 0 : json.get("rows").asInt(), isOwn ? 0 : json.get("cols").asInt(), isSeamless);
    }

    private static ImagePrompt imagePrompt(JsonValue json) {
        if (!json.has("image_prompt")) return ImagePrompt.NONE;
        return new ImagePrompt(json.get("image_prompt").asArray().stream().map(JsonValue::asInt).toList());
    }

    private static String hash(String text) {
        if (text.matches("[0-9a-f]{64}")) return text;
        throw new IllegalArgumentException("sha256: expected 64 hexadecimal digits, found " + Visible.text(text));
    }

    private static Precision precision(String text) {
        for (Precision precision : Precision.values()) {
            if (precision.name().toLowerCase(Locale.ROOT).equals(text)) return precision;
        }
        throw new IllegalArgumentException("precision: expected f32, bf16 or int8, found " + Visible.text(text));
    }

    /// The texts of a PNG file: the record, and what other programs show.
    Map<String, String> pngTexts() {
        Map<String, String> texts = new LinkedHashMap<>();
        texts.put(KEYWORD, Json.write(toJson()));
        texts.put("Description", prompt.replaceAll("[\\p{Cntrl}&&[^\n]]", " "));
        texts.put("Software", "Smalti " + version);
        return texts;
    }
}
