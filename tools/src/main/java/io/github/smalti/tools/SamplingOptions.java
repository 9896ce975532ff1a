package io.github.smalti.tools;

import io.github.smalti.pipeline.GenerationOptions;
import io.github.smalti.pipeline.Preset;
import picocli.CommandLine.Option;

/// How codes are chosen; what is not given is the model's own setting.
final class SamplingOptions {
    @Option(names = "--preset", paramLabel = "NAME",
            description = "Settings known by name: dalle-mini (temperature 1, guidance 10), blog (0.85, 3), min-dalle "
                    + "(1, 16, top-k 256), rudalle (1, 1, top-k 2048, top-p 0.995) or mindalle (1, 1, top-k 256). Single options win over it. Default: the model's own settings.")
    private String preset;

    @Option(names = "--temperature", paramLabel = "T",
            description = "0 (greedy: always the likeliest code) to 1000; higher is more varied and less close to the "
                    + "text. Default: the model's own (embedded model 0.5, DALL-E mini 1).")
    private Float temperature;

    @Option(names = "--top-k", paramLabel = "K",
            description = "Draw from the K likeliest codes only, 1 to 1000000, or 0 for all. Default: the model's own, "
                    + "mostly 0.")
    private Integer topK;

    @Option(names = "--top-p", paramLabel = "P",
            description = "Draw from the likeliest codes that together reach this probability, above 0 to 1; 1 is all. "
                    + "Default: the model's own, mostly 1.")
    private Float topP;

    @Option(names = "--guidance", paramLabel = "S",
            description = "How strongly the prompt pulls, -1000 to 1000; 1 is the prompt alone and takes half the time. "
                    + "Default: the model's own (embedded model 2, DALL-E mini 10).")
    private Float guidance;

    @Option(names = "--negative", paramLabel = "TEXT", defaultValue = "",
            description = "What guidance leads away from, any text. Default: the empty prompt.")
    private String negative;

    /// Sets what was given.
    ///
    /// @param options where
    /// @throws IllegalArgumentException if a value is out of its range
    void apply(GenerationOptions.Builder options) {
        if (preset != null) options.preset(Preset.of(preset));
        if (temperature != null) options.temperature(temperature);
        if (topK != null) options.topK(topK);
        if (topP != null) options.topP(topP);
        if (guidance != null) options.guidanceScale(guidance);
        options.negativePrompt(negative);
    }
}
