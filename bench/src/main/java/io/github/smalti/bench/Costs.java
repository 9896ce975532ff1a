package io.github.smalti.bench;

import io.github.smalti.bench.checkpoint.RandomClip;
import io.github.smalti.bench.checkpoint.RandomClipResNet;
import io.github.smalti.core.Precision;
import io.github.smalti.dvae.OpenAiDvaeConfig;
import io.github.smalti.dvae.VqganConfig;
import io.github.smalti.transformer.DalleBartConfig;

/// FLOP and bytes of every stage, from the sizes of the model alone.
///
/// | stage | FLOP | bytes |
/// |---|---|---|
/// | decoder step, r rows, position p, prompt of t tokens | r · (2W + 4Ld(p + 1 + t)) | W · bytes of a weight |
/// | encoder, prompt of t tokens | 2tL(4d² + 3df) + 4Lt²d | L(4d² + 3df) · bytes of a weight |
/// | cross keys and values | 2tL · 2d² | 2Ld² · bytes of a weight |
/// | convolution k × k | 2 · Cin · Cout · k² · rows · cols of the output | weights as float32 |
/// | CLIP tower, n tokens | 2n(12Lw²) + 4Lwn² + patches + projection | weights · bytes of a weight |
/// | CLIP's attention pool, n tokens of width c | 4nc² + 2c² + 4nc + projection | weights · bytes of a weight |
///
/// W = L(6d² + 3df) + d · codes: query, key, value and output of self-attention, query and output of cross-attention, the
/// gated unit, and those columns of the head that are codes. Convolutions count as direct ones whatever the algorithm, so
/// a Winograd convolution may exceed the limit. Bytes are those of weights, each read once for all rows; keys and values
/// are counted apart in [#keyValueBytes].
final class Costs {
    private Costs() {}

    /// Weights that one decoder step reads.
    static double stepWeights(DalleBartConfig config) {
        double d = config.dModel();
        var decoder = config.decoder();
        return decoder.layerCount() * (6 * d * d + matrices(config) * d * decoder.ffnDim()) + d * config.startToken();
    }

    private static int matrices(DalleBartConfig config) { return config.isGated() ? 3 : 2; }

    /// One decoder step of all rows.
    static Work step(DalleBartConfig config, Precision precision, int rows, int position, int textLength) {
        double weights = stepWeights(config);
        double attention = 4.0 * config.decoder().layerCount() * config.dModel() * (position + 1 + textLength);
        return new Work(rows * (2 * weights + attention), weights * precision.bytes());
    }

    /// Bytes of cached keys and values that one step reads: those drawn, of every row, as bfloat16 unless weights are
    /// float32; those of the prompts as float32, once for all images of a prompt.
    static double keyValueBytes(DalleBartConfig config, Precision precision, int rows, int prompts, int position,
            int textLength) {
        double numbers = 2.0 * config.decoder().layerCount() * config.dModel();
        int drawn = precision == Precision.F32 ? 4 : 2;
        return numbers * (rows * (position + 1) * drawn + prompts * textLength * 4.0);
    }

    /// All steps of an image.
    static Work loop(DalleBartConfig config, Precision precision, int rows, int textLength) {
        Work sum = Work.NONE;
        for (int p = 0; p < config.imageLength(); p++) sum = sum.plus(step(config, precision, rows, p, textLength));
        return sum;
    }

    /// The encoder over one prompt.
    static Work encoder(DalleBartConfig config, Precision precision, int textLength) {
        double d = config.dModel();
        double layers = config.encoder().layerCount();
        double weights = layers * (4 * d * d + matrices(config) * d * config.encoder().ffnDim());
        double attention = 4 * layers * textLength * textLength * d;
        return new Work(2 * textLength * weights + attention, weights * precision.bytes());
    }

    /// Keys and values of cross-attention for one prompt, all layers.
    static Work crossKeysAndValues(DalleBartConfig config, Precision precision, int textLength) {
        double weights = 2.0 * config.decoder().layerCount() * config.dModel() * config.dModel();
        return new Work(2 * textLength * weights, weights * precision.bytes());
    }

    /// Decoding a grid of codes.
    static Work vqganDecode(VqganConfig config, int gridRows, int gridCols) {
        var sum = new Convolutions(gridRows, gridCols);
        sum.add(config.embedDim(), config.latentChannels(), 1);
        int width = config.deepestChannels();
        sum.add(config.latentChannels(), width, 3);
        sum.residual(width, width);
        sum.attention(width);
        sum.residual(width, width);
        for (int level = config.levelCount() - 1; level >= 0; level--) {
            for (int j = 0; j <= config.residualBlocks(); j++) {
                sum.residual(width, config.levelChannels(level));
                width = config.levelChannels(level);
                if (config.hasAttention(level)) sum.attention(width);
            }
            if (level > 0) {
                sum.resize(2, 1);
                sum.add(width, width, 3);
            }
        }
        sum.add(width, 3, 3);
        return sum.work();
    }

    /// Encoding a picture up to the latents; the search of the codebook is left out.
    static Work vqganEncode(VqganConfig config, int gridRows, int gridCols) {
        var sum = new Convolutions(gridRows * config.pixelsPerCode(), gridCols * config.pixelsPerCode());
        int width = config.channels();
        sum.add(3, width, 3);
        for (int level = 0; level < config.levelCount(); level++) {
            for (int j = 0; j < config.residualBlocks(); j++) {
                sum.residual(width, config.levelChannels(level));
                width = config.levelChannels(level);
                if (config.hasAttention(level)) sum.attention(width);
            }
            if (level < config.levelCount() - 1) {
                sum.resize(1, 2);
                sum.add(width, width, 3);
            }
        }
        sum.residual(width, width);
        sum.attention(width);
        sum.residual(width, width);
        sum.add(width, config.latentChannels(), 3);
        sum.add(config.latentChannels(), config.embedDim(), 1);
        return sum.work();
    }

    /// Decoding a grid of codes by OpenAI's dVAE; the first convolution is a row lookup.
    static Work dvaeDecode(OpenAiDvaeConfig config, int gridRows, int gridCols) {
        var sum = new Convolutions(gridRows, gridCols);
        int width = config.initialChannels();
        for (int halvings = 3; halvings >= 0; halvings--) {
            for (int i = 0; i < config.blocksPerGroup(); i++) {
                sum.bottleneck(width, config.hiddenChannels() << halvings, 1, 3);
                width = config.hiddenChannels() << halvings;
            }
            if (halvings > 0) sum.resize(2, 1);
        }
        sum.add(width, 6, 1);
        return sum.work();
    }

    /// Encoding a picture by OpenAI's dVAE up to the logits.
    static Work dvaeEncode(OpenAiDvaeConfig config, int gridRows, int gridCols) {
        var sum = new Convolutions(gridRows * config.pixelsPerCode(), gridCols * config.pixelsPerCode());
        int width = config.hiddenChannels();
        sum.add(3, width, 7);
        for (int halvings = 0; halvings <= 3; halvings++) {
            for (int i = 0; i < config.blocksPerGroup(); i++) {
                sum.bottleneck(width, config.hiddenChannels() << halvings, 3, 1);
                width = config.hiddenChannels() << halvings;
            }
            if (halvings < 3) sum.resize(1, 2);
        }
        sum.add(width, config.codebookSize(), 1);
        return sum.work();
    }

    /// A chain of convolutions at the current size of the picture.
    private static final class Convolutions {
        private long rows;
        private long cols;
        private double multiplyAdds;
        private double weights;

        Convolutions(int rows, int cols) {
            this.rows = rows;
            this.cols = cols;
        }

        void resize(int factor, int divisor) {
            rows = rows * factor / divisor;
            cols = cols * factor / divisor;
        }

        void add(int in, int out, int kernel) {
            double size = (double) in * out * kernel * kernel;
            weights += size;
            multiplyAdds += size * rows * cols;
        }

        void residual(int in, int out) {
            add(in, out, 3);
            add(out, out, 3);
            if (in != out) add(in, out, 1);
        }

        /// A block of OpenAI's dVAE, with its first and last kernel.
        void bottleneck(int in, int out, int first, int last) {
            int inner = out / 4;
            if (in != out) add(in, out, 1);
            add(in, inner, first);
            add(inner, inner, 3);
            add(inner, inner, 3);
            add(inner, out, last);
        }

        /// One head over all pixels.
        void attention(int width) {
            for (int i = 0; i < 4; i++) add(width, width, 1);
            double pixels = (double) rows * cols;
            multiplyAdds += 2 * width * pixels * pixels;
        }

        Work work() { return new Work(2 * multiplyAdds, 4 * weights); }
    }

    /// CLIP's image tower over some pictures.
    static Work clipImages(RandomClip clip, Precision precision, int pictures) {
        int side = clip.imageSize() / clip.patch();
        double width = clip.vision().width();
        double patches = 3.0 * clip.patch() * clip.patch() * width;
        Work stack = tower(clip.vision(), side * side + 1, clip.projection(), precision);
        return new Work(pictures * (stack.flop() + 2 * side * side * patches),
                stack.bytes() + patches * precision.bytes());
    }

    /// CLIP's text tower over some texts that fill the context.
    static Work clipTexts(RandomClip clip, Precision precision, int texts) {
        return clipTexts(clip.text(), clip.context(), clip.projection(), precision, texts);
    }

    /// A text tower over some texts that fill the context.
    static Work clipTexts(RandomClip.Tower text, int context, int projection, Precision precision, int texts) {
        Work stack = tower(text, context, projection, precision);
        return new Work(texts * stack.flop(), stack.bytes());
    }

    /// CLIP's ResNet over some pictures.
    static Work clipImages(RandomClipResNet clip, Precision precision, int pictures) {
        int width = clip.width();
        var sum = new Convolutions(clip.imageSize(), clip.imageSize());
        sum.resize(1, 2);
        sum.add(3, width / 2, 3);
        sum.add(width / 2, width / 2, 3);
        sum.add(width / 2, width, 3);
        sum.resize(1, 2);
        int inputs = width;
        for (int stage = 0; stage < clip.blocks().size(); stage++) {
            int planes = width << stage;
            for (int i = 0; i < clip.blocks().get(stage); i++) {
                sum.add(inputs, planes, 1);
                sum.add(planes, planes, 3);
                if (stage > 0 && i == 0) sum.resize(1, 2);
                sum.add(planes, 4 * planes, 1);
                if (i == 0) sum.add(inputs, 4 * planes, 1);
                inputs = 4 * planes;
            }
        }
        double features = inputs;
        double tokens = (double) sum.rows * sum.cols + 1;
        double head = features * clip.projection();
        double pool = 2 * tokens * features * features + features * features + 2 * tokens * features + head;
        return new Work(pictures * (sum.work().flop() + 2 * pool),
                sum.work().bytes() + (3 * features * features + head) * precision.bytes());
    }

    private static Work tower(RandomClip.Tower tower, int tokens, int projection, Precision precision) {
        double width = tower.width();
        double block = 12 * width * width;
        double head = width * projection;
        double attention = 2.0 * tower.layers() * tokens * tokens * width;
        return new Work(2 * (tokens * tower.layers() * block + attention + head),
                (tower.layers() * block + head) * precision.bytes());
    }
}
