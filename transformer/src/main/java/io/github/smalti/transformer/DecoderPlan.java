package io.github.smalti.transformer;

import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.AttentionPattern;
import io.github.smalti.core.layer.SparseKeyValues;

/// What a decoder-only model needs, from its configuration alone.
final class DecoderPlan {
    /// Rows that one pass takes where more are to be read: at so many the weights' bytes no longer count.
    private static final int PASS_ROWS = 256;

    private DecoderPlan() {}

    /// Rows of the largest pass of a session: those of a step, of the texts, or of a grid row.
    static int passRows(DecoderConfig config, int texts, int images) {
        long whole = Math.max((long) texts * config.textRows(), config.grid().cols());
        return (int) Math.max((long) texts * images, Math.min(PASS_ROWS, whole));
    }

    static long weightBytes(DecoderConfig config, Precision precision) {
        int d = config.dModel();
        long layer = matrix(precision, d, 3 * d) + matrix(precision, d, d) + matrix(precision, d, config.ffnDim())
                + matrix(precision, config.ffnDim(), d);
        return config.layerCount() * layer + matrix(precision, d, config.codebookSize());
    }

    static MemoryPlan session(DecoderConfig config, Precision precision, int images, boolean guided) {
        int texts = guided ? 2 : 1;
        Precision stored = DalleBartPlan.cachePrecision(precision);
        long cache = 0;
        for (AttentionPattern pattern : config.patterns()) {
            cache += SparseKeyValues.byteSize(stored, pattern, texts, config.textRows(), texts * images,
                    config.headCount(), config.headDim());
        }
        int rows = passRows(config, texts, images);
        long scratch = Scratch.byteSize(rows, config.dModel(), config.ffnDim()) + 12L * rows
                + 4L * texts * images * config.codebookSize() // logits
                + 16L * images * config.codebookSize() + 4L * images * config.grid().codes(); // samplers, codes
        return new MemoryPlan(0, 0, cache, scratch);
    }

    /// Most images of one request: the largest array of a drawing has to fit into a Java array.
    static int maxImages(DecoderConfig config, boolean guided) {
        int wide = Math.max(3 * config.dModel(), config.ffnDim());
        return (int) Math.max(1, (long) Integer.MAX_VALUE / Math.max(config.codebookSize(), wide) / (guided ? 2 : 1));
    }

    private static long matrix(Precision precision, int inputs, int outputs) {
        return PackedMatrix.byteSize(precision, outputs, 1, inputs);
    }
}
