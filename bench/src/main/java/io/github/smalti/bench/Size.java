package io.github.smalti.bench;

import io.github.smalti.bench.checkpoint.RandomModel;
import io.github.smalti.pipeline.ModelPaths;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A named size and the stages that it has.
enum Size {
    /// The whole of DALL·E mini.
    MINI(RandomModel.DALLE_MINI, "mini", "all stages of DALL·E mini: transformer, VQGAN f16, CLIP ViT-B/32"),
    /// The whole of DALL·E mega.
    MEGA(RandomModel.DALLE_MEGA, "mega", "all stages of DALL·E mega: transformer, VQGAN f16, CLIP ViT-L/14"),
    /// Their image codec.
    VQGAN_F16(RandomModel.VQGAN_F16, "vqgan-f16", "the image codec of mini and mega"),
    /// ruDALL-E's image codec.
    GUMBEL_F8(RandomModel.GUMBEL_F8, "gumbel-f8", "the image codec of ruDALL-E: Gumbel VQGAN f8"),
    /// The first DALL·E's image codec.
    DVAE(RandomModel.DVAE, "dvae", "OpenAI's dVAE, the image codec of the first DALL·E"),
    /// The smaller judge.
    CLIP_B32(RandomModel.CLIP_B32, "clip-b32", "CLIP ViT-B/32"),
    /// The larger judge.
    CLIP_L14(RandomModel.CLIP_L14, "clip-l14", "CLIP ViT-L/14"),
    /// The judge with a ResNet.
    CLIP_RN50(RandomModel.CLIP_RN50, "clip-rn50", "CLIP RN50"),
    /// The sparse transformer.
    RUDALLE(RandomModel.RUDALLE, "rudalle", "ruDALL-E XL's transformer, no guidance"),
    /// The dense decoder-only transformer.
    MINDALLE(RandomModel.MINDALLE, "mindalle", "minDALL-E's transformer, no guidance"),
    /// The embedded model.
    EMOJI_SCENES(null, "emoji-scenes", "all stages of the embedded model");

    private final RandomModel model;
    private final String word;
    private final String description;

    Size(RandomModel model, String word, String description) {
        this.model = model;
        this.word = word;
        this.description = description;
    }

    String word() { return word; }

    String description() { return description; }

    /// The stages over some files.
    ///
    /// @param setup   how to measure
    /// @param folder  the model's folder, or null for random weights from the cache, or the embedded model
    /// @param console where progress is shown
    List<StageGroup> groups(Setup setup, Path folder, Console console) throws IOException {
        if (folder != null && !Files.isDirectory(folder)) throw new BenchException(folder + ": no such folder");
        Path place = folder != null || model == null
                ? folder
                : ModelCache.ofUser().model(model.word() + "-f16", model.files(), console);
        return switch (this) {
            case MINI, MEGA, EMOJI_SCENES -> whole(setup, place == null ? ModelPaths.embedded() : ModelPaths.of(place));
            case VQGAN_F16, GUMBEL_F8, DVAE -> List.of(new CodecStages(setup, place));
            case RUDALLE, MINDALLE -> List.of(new DecoderStages(setup, place));
            case CLIP_B32, CLIP_L14, CLIP_RN50 -> List.of(new ClipStages(setup, place));
        };
    }

    private static List<StageGroup> whole(Setup setup, ModelPaths paths) {
        List<StageGroup> groups = new ArrayList<>();
        if (wantsAny(setup, "load", "prefill", "loop", "parts")) groups.add(new DalleStages(setup, paths.dalle()));
        if (wantsAny(setup, "decode", "encode")) groups.add(new CodecStages(setup, paths.vqgan()));
        if (paths.clip() != null && wantsAny(setup, "images", "texts")) groups.add(new ClipStages(setup, paths.clip()));
        if (setup.wants("whole")) groups.add(new WholeStages(setup, paths));
        return groups;
    }

    private static boolean wantsAny(Setup setup, String... words) {
        for (String word : words) if (setup.wants(word)) return true;
        return false;
    }
}
