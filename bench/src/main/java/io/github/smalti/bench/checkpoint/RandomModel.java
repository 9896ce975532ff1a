package io.github.smalti.bench.checkpoint;

import io.github.smalti.core.DType;
import java.io.IOException;
import java.nio.file.Path;

/// Models of published sizes.
public enum RandomModel {
    /// DALL·E mini's transformer.
    MINI("mini", "DALL·E mini's transformer, 437.8 M parameters", RandomFolder.of(RandomDalleBart.MINI)),
    /// DALL·E mega's transformer.
    MEGA("mega", "DALL·E mega's transformer, 2,587.5 M parameters", RandomFolder.of(RandomDalleBart.MEGA)),
    /// The image codec of both.
    VQGAN_F16("vqgan-f16", "the image codec of both, 76 M parameters", RandomFolder.of(RandomVqgan.F16_16384)),
    /// ruDALL-E's transformer.
    RUDALLE("rudalle", "ruDALL-E XL's transformer, 1,310.4 M parameters", RandomFolder.of(RandomRuDalle.XL)),
    /// minDALL-E's transformer.
    MINDALLE("mindalle", "minDALL-E's transformer, 1,291.1 M parameters", RandomFolder.of(RandomMinDalle.PUBLISHED)),
    /// ruDALL-E's image codec.
    GUMBEL_F8("gumbel-f8", "ruDALL-E's image codec, 69 M parameters", RandomFolder.of(RandomGumbelVqgan.F8_8192)),
    /// The image codec of the first DALL·E.
    DVAE("dvae", "OpenAI's dVAE, 97.6 M parameters", RandomFolder.of(RandomOpenAiDvae.PUBLISHED)),
    /// CLIP ViT-B/32.
    CLIP_B32("clip-b32", "CLIP ViT-B/32, 151.3 M parameters", RandomFolder.of(RandomClip.B32)),
    /// CLIP ViT-L/14.
    CLIP_L14("clip-l14", "CLIP ViT-L/14, 427.6 M parameters", RandomFolder.of(RandomClip.L14)),
    /// CLIP RN50.
    CLIP_RN50("clip-rn50", "CLIP RN50, 102.0 M parameters", RandomFolder.of(RandomClipResNet.RN50)),
    /// All that `smalti generate --model` wants, at DALL·E mini's size.
    DALLE_MINI("dalle-mini", "mini, vqgan-f16 and clip-b32 for generate --model",
            RandomFolder.of(RandomDalleBart.MINI, RandomVqgan.F16_16384, RandomClip.B32)),
    /// All that `smalti generate --model` wants, at DALL·E mega's size.
    DALLE_MEGA("dalle-mega", "mega, vqgan-f16 and clip-l14 for generate --model",
            RandomFolder.of(RandomDalleBart.MEGA, RandomVqgan.F16_16384, RandomClip.L14));

    private final String word;
    private final String description;
    private final RandomFolder files;

    RandomModel(String word, String description, RandomFolder files) {
        this.word = word;
        this.description = description;
        this.files = files;
    }

    /// The name on the command line.
    public String word() { return word; }

    /// What it is, in a few words.
    public String description() { return description; }

    /// Its checkpoints.
    public RandomFolder files() { return files; }

    /// Writes the model; files of the same names are replaced.
    ///
    /// @param folder   where; created if missing
    /// @param dtype    F32, F16 or BF16
    /// @param seed     the same seed writes the same files
    /// @param listener told of the progress
    /// @throws IOException if a file cannot be written
    public void write(Path folder, DType dtype, long seed, RandomFile.Listener listener) throws IOException {
        files.write(folder, dtype, seed, listener);
    }
}
