package io.github.smalti.clip;

import io.github.smalti.core.Pixels;
import io.github.smalti.core.Raster;
import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonException;
import io.github.smalti.core.json.JsonLimits;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// From a picture to what CLIP's image tower reads: short side resized, middle cut out, colours normalised.
///
/// | step | shape |
/// |---|---|
/// | picture | (rows, cols, 1, 3 or 4), 8 bits |
/// | resized and cut | (size, size, 3), 8 bits |
/// | out | (size, size, 3), `(value / 255 - mean) / std` per colour |
///
/// Source: openai/CLIP @ d05afc4, clip.py, `_transform`; torchvision 0.14.1; Pillow 9.4, whose rounding [BicubicResizer]
/// repeats bit by bit. Immutable and thread-safe.
final class ImagePreprocessor {
    private static final int CHANNELS = 3;
    private static final int BICUBIC = 3;
    private static final int MAX_CONFIG_BYTES = 1 << 20;
    private static final float[] CLIP_MEAN = {0.48145466f, 0.4578275f, 0.40821073f};
    private static final float[] CLIP_STD = {0.26862954f, 0.26130258f, 0.27577711f};

    private final int size;
    private final float[] mean;
    private final float[] std;

    private ImagePreprocessor(int size, float[] mean, float[] std) {
        this.size = size;
        this.mean = mean;
        this.std = std;
    }

    /// CLIP's own preprocessing.
    ///
    /// @param size rows and columns that the image tower reads
    /// @return the preprocessing
    static ImagePreprocessor standard(int size) { return new ImagePreprocessor(size, CLIP_MEAN, CLIP_STD); }

    /// Reads `preprocessor_config.json`; without the file everything is as in CLIP's own.
    ///
    /// @param folder the model's folder
    /// @param size   rows and columns that the image tower reads
    /// @return the preprocessing
    /// @throws WeightsException if the file is malformed or asks for other steps than CLIP's
    static ImagePreprocessor read(Path folder, int size) {
        Path file = folder.resolve("preprocessor_config.json");
        if (!Files.exists(file)) return standard(size);
        try {
            if (Files.size(file) > MAX_CONFIG_BYTES) throw new JsonException("expected at most 1 MiB");
            JsonValue config = Json.parse(Files.readAllBytes(file), JsonLimits.DEFAULT);
            requireClipSteps(config, size);
            return new ImagePreprocessor(size, colours(config, "image_mean", CLIP_MEAN, -10),
                    colours(config, "image_std", CLIP_STD, 1e-3f));
        } catch (IOException | JsonException e) {
            throw new WeightsException(file.getFileName().toString(), "", "cannot be read: " + e.getMessage(), e);
        }
    }

    private static void requireClipSteps(JsonValue config, int size) {
        for (String step : List.of("do_resize", "do_center_crop", "do_normalize")) {
            if (config.has(step) && !config.get(step).asBoolean()) throw new JsonException(step + ": expected true");
        }
        if (config.has("resample") && config.get("resample").asInt() != BICUBIC) {
            throw new JsonException("resample: expected 3 (bicubic), found " + config.get("resample").asInt());
        }
        for (String name : List.of("size", "crop_size")) {
            if (!config.has(name)) continue;
            JsonValue value = config.get(name);
            for (JsonValue side : value instanceof JsonValue.Obj(var sides) ? sides.values() : List.of(value)) {
                if (side.asInt() != size) {
                    throw new JsonException(name + ": expected the model's " + size + ", found " + side.asInt());
                }
            }
        }
    }

    private static float[] colours(JsonValue config, String name, float[] standard, float min) {
        if (!config.has(name)) return standard;
        List<JsonValue> values = config.get(name).asArray();
        if (values.size() != CHANNELS) throw new JsonException(name + ": expected 3 numbers, found " + values.size());
        float[] out = new float[CHANNELS];
        for (int i = 0; i < CHANNELS; i++) {
            out[i] = (float) values.get(i).asDouble();
            if (!(out[i] >= min && out[i] <= 10)) throw new JsonException(name + ": found " + out[i]);
        }
        return out;
    }

    /// Prepares an 8-bit picture of any size.
    ///
    /// @param image the picture
    /// @return (size, size, 3)
    /// @throws IllegalArgumentException if the picture has no pixels
    float[] prepare(Raster image) {
        if (image.rows() < 1 || image.cols() < 1) {
            throw new IllegalArgumentException("expected a picture with pixels, found " + image.cols() + " x "
                    + image.rows());
        }
        Raster square = BicubicResizer.resizeAndCrop(image, size);
        float[] out = new float[size * size * CHANNELS];
        for (int pixel = 0; pixel < size * size; pixel++) {
            for (int c = 0; c < CHANNELS; c++) {
                int channel = square.channels() == 1 ? 0 : c;
                int sample = square.samples()[pixel * square.channels() + channel] & 0xff;
                out[pixel * CHANNELS + c] = (sample / 255f - mean[c]) / std[c];
            }
        }
        return out;
    }

    /// Prepares an unrounded picture of the model's size.
    ///
    /// @param picture values from 0 to 1
    /// @return (size, size, 3)
    /// @throws IllegalArgumentException if the picture has another size
    float[] prepare(Pixels picture) {
        if (picture.rows() != size || picture.cols() != size) {
            throw new IllegalArgumentException("expected a picture of " + size + " x " + size + " pixels, found "
                    + picture.cols() + " x " + picture.rows() + "; embedImages resizes");
        }
        float[] out = new float[size * size * CHANNELS];
        for (int i = 0; i < out.length; i++) out[i] = (picture.values()[i] - mean[i % CHANNELS]) / std[i % CHANNELS];
        return out;
    }
}
