package io.github.smalti.bench;

import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.AttentionPattern;
import io.github.smalti.transformer.CodeGenerator;
import io.github.smalti.transformer.MinDalle;
import io.github.smalti.transformer.MinDalleConfig;
import io.github.smalti.transformer.RuDalle;
import io.github.smalti.transformer.RuDalleConfig;
import java.util.Collections;
import java.util.List;

/// FLOP and bytes of the decoder-only transformers, from their sizes alone.
///
/// | | FLOP | bytes |
/// |---|---|---|
/// | step, r rows, position p | r · (2W + Σ 4d · (t + keys of the layer's pattern at p)) | W · bytes of a weight |
/// | text of t tokens | 2t · 12Ld² + 4Ld · t(t + 1)/2 | 12Ld² · bytes of a weight |
///
/// W = 12Ld² + d · codes.
///
/// @param dModel    d
/// @param textRows  t
/// @param codes     size of the codebook
/// @param patterns  for each layer what an image token attends to in the image
record DecoderCosts(int dModel, int textRows, int codes, List<AttentionPattern> patterns) {
    static DecoderCosts of(RuDalleConfig config) {
        return new DecoderCosts(config.dModel(), config.textLength(), config.codebookSize(), config.patterns());
    }

    static DecoderCosts of(MinDalleConfig config) {
        return new DecoderCosts(config.dModel(), config.textLength(), config.codebookSize(),
                Collections.nCopies(config.layerCount(), new AttentionPattern.Full(config.imageLength())));
    }

    static DecoderCosts of(CodeGenerator model) {
        return switch (model) {
            case RuDalle rudalle -> of(rudalle.config());
            case MinDalle mindalle -> of(mindalle.config());
            default -> throw new BenchException("no ruDALL-E or minDALL-E: " + model.getClass().getSimpleName());
        };
    }

    private double layerWeights() { return 12.0 * patterns.size() * dModel * dModel; }

    /// Weights that a step reads.
    double stepWeights() { return layerWeights() + (double) dModel * codes; }

    /// The step that draws a code from the one before it.
    ///
    /// @param position the code that is drawn, from 1
    Work step(Precision precision, int rows, int position) {
        double attention = 0;
        for (AttentionPattern pattern : patterns) attention += 4.0 * dModel * (textRows + pattern.keys(position - 1));
        return new Work(rows * (2 * stepWeights() + attention), stepWeights() * precision.bytes());
    }

    /// The text before the first code.
    Work prefill(Precision precision) {
        double keys = textRows * (textRows + 1) / 2.0;
        return new Work(2 * textRows * layerWeights() + 4.0 * patterns.size() * dModel * keys + 2.0 * dModel * codes,
                stepWeights() * precision.bytes());
    }
}
