package io.github.smalti.pipeline;

import io.github.smalti.pipeline.internal.Visible;
import java.util.Locale;

/// Settings that people know by the name of the program that used them.
public enum Preset {
    /// The inference notebook of DALL·E mini: `temperature None, gen_top_k None, gen_top_p None, cond_scale 10`.
    DALLE_MINI(new SamplingSettings(1, 0, 1, 10)),
    /// The blog that started this project: `gen_top_k None, gen_top_p None, temperature 0.85, cond_scale 3`.
    BLOG(new SamplingSettings(0.85f, 0, 1, 3)),
    /// min-dalle: `temperature 1, top_k 256, supercondition_factor 16`.
    MIN_DALLE(new SamplingSettings(1, 256, 1, 16)),
    /// ruDALL-E's notebooks: `top_k 2048, top_p 0.995`, no guidance.
    RUDALLE(new SamplingSettings(1, 2048, 0.995f, 1)),
    /// minDALL-E's example: `top_k 256`, `temperature 1`, no guidance.
    MINDALLE(new SamplingSettings(1, 256, 1, 1));

    private final SamplingSettings settings;

    Preset(SamplingSettings settings) { this.settings = settings; }

    /// The settings.
    public SamplingSettings settings() { return settings; }

    /// The name as people write it, such as `min-dalle`.
    public String id() { return name().toLowerCase(Locale.ROOT).replace('_', '-'); }

    /// The preset of such a name.
    ///
    /// @param id as [#id]
    /// @throws IllegalArgumentException if there is none; the message lists them
    public static Preset of(String id) {
        for (Preset preset : values()) { if (preset.id().equals(id)) return preset; }
        throw new IllegalArgumentException("preset: expected dalle-mini, blog, min-dalle, rudalle or mindalle, found "
                + Visible.text(id));
    }
}
