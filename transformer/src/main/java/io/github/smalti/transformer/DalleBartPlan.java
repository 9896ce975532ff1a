package io.github.smalti.transformer;

import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.KeyValues;

/// What a DalleBart needs, from its configuration alone.
final class DalleBartPlan {
    private DalleBartPlan() {}

    static long weightBytes(DalleBartConfig config, Precision precision) {
        int d = config.dModel();
        return config.encoder().layerCount()
                * (selfAttention(d, precision) + feedForward(config, config.encoder().ffnDim(), precision))
                + config.decoder().layerCount() * (selfAttention(d, precision) + crossAttention(d, precision)
                        + feedForward(config, config.decoder().ffnDim(), precision))
                + matrix(precision, d, config.imageRows());
    }

    /// How the decoder stores keys and values, of prompts and of what is drawn: rounded, where the weights are.
    static Precision cachePrecision(Precision weights) {
        return weights == Precision.F32 ? Precision.F32 : Precision.BF16;
    }

    static MemoryPlan session(DalleBartConfig config, Precision precision, int images, boolean guided) {
        int rows = guided ? 2 * images : images;
        int d = config.dModel();
        int heads = config.decoder().headCount();
        int prompts = guided ? 2 : 1;
        long drawn = KeyValues.byteSize(cachePrecision(precision), rows, heads, d / heads, config.imageLength());
        long prompt = KeyValues.byteSize(cachePrecision(precision), prompts, heads, d / heads, config.textLength());
        int encoderHeads = config.encoder().headCount();
        long encoder = Scratch.byteSize(prompts * config.textLength(), d, config.encoder().ffnDim())
                + KeyValues.byteSize(Precision.F32, prompts, encoderHeads, d / encoderHeads, config.textLength());
        long decoder = Scratch.byteSize(rows, d, config.decoder().ffnDim()) + 4L * rows * config.imageRows()
                + 16L * images * config.startToken();
        long cache = config.decoder().layerCount() * (drawn + prompt);
        return new MemoryPlan(0, 0, cache, Math.max(encoder - cache, decoder)); // the encoder is done before the cache
    }

    /// Most images of one request: the largest array of a drawing has to fit into a Java array.
    static int maxImages(DalleBartConfig config, boolean guided) {
        int heads = config.decoder().headCount();
        long cache = KeyValues.byteSize(Precision.F32, 1, heads, config.dModel() / heads, config.imageLength());
        long scratch = Scratch.byteSize(1, config.dModel(), config.decoder().ffnDim());
        long floats = Math.max(config.imageRows(), Math.max(cache, scratch) / Float.BYTES);
        return (int) Math.max(1, Integer.MAX_VALUE / floats / (guided ? 2 : 1));
    }

    private static long selfAttention(int d, Precision precision) {
        return matrix(precision, d, 3 * d) + matrix(precision, d, d);
    }

    private static long crossAttention(int d, Precision precision) {
        return 2 * matrix(precision, d, d) + matrix(precision, d, 2 * d);
    }

    private static long feedForward(DalleBartConfig config, int ffnDim, Precision precision) {
        int d = config.dModel();
        return (config.isGated() ? 2 : 1) * matrix(precision, d, ffnDim) + matrix(precision, ffnDim, d);
    }

    private static long matrix(Precision precision, int inputs, int outputs) {
        return PackedMatrix.byteSize(precision, outputs, 1, inputs);
    }
}
