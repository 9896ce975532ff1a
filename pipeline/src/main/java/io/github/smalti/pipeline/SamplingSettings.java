package io.github.smalti.pipeline;

import io.github.smalti.transformer.Sampling;

/// How codes are chosen from the transformer's logits, and how strongly the prompt pulls.
///
/// @param temperature   divides the logits, 0 to 1000; 0 is greedy (always the likeliest code), 1 is the model's own
///                      distribution; a higher one flattens it: more varied pictures, less close to the text
/// @param topK          only the k likeliest codes may be drawn, 0 to 1,000,000; 0 means all
/// @param topP          only the likeliest codes that together reach this probability may be drawn, above 0 to 1; 1
///                      means all
/// @param guidanceScale superconditioning, -1000 to 1000: logits = unconditional + scale · (conditional −
///                      unconditional); 1 is the prompt alone and costs half. Elsewhere called `cond_scale`,
///                      `condition_scale` or `supercondition_factor`
public record SamplingSettings(float temperature, int topK, float topP, float guidanceScale) {
    /// Checks the ranges.
    ///
    /// @throws IllegalArgumentException if a value is outside of its range
    public SamplingSettings {
        if (!(temperature >= 0 && temperature <= 1000)) throw range("temperature", "0 to 1000", temperature);
        if (topK < 0 || topK > 1_000_000) throw range("top-k", "0 (all codes) to 1000000", topK);
        if (!(topP > 0 && topP <= 1)) throw range("top-p", "above 0 and at most 1 (all codes)", topP);
        if (!(guidanceScale >= -1000 && guidanceScale <= 1000)) {
            throw range("guidance", "-1000 to 1000", guidanceScale);
        }
    }

    private static IllegalArgumentException range(String what, String range, Object found) {
        return new IllegalArgumentException(what + ": expected " + range + ", found " + found);
    }

    /// Whether a second, unconditional stream is needed.
    public boolean isGuided() { return guidanceScale != 1; }

    /// The same as the transformer's value.
    public Sampling sampling() { return Sampling.of(temperature, topK, topP); }
}
