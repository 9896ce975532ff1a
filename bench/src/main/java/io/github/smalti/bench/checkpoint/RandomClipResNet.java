package io.github.smalti.bench.checkpoint;

import io.github.smalti.core.DType;
import io.github.smalti.weights.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// CLIP with a ResNet and random weights: OpenAI's names in `model.safetensors`; shapes say all, so there is no
/// configuration.
///
/// @param width      channels of the first stage's bottlenecks
/// @param blocks     bottlenecks of the four stages
/// @param imageSize  pixel rows of a picture
/// @param text       the text tower
/// @param context    tokens of a text
/// @param vocab      rows of the token embedding
/// @param projection numbers of an embedding
public record RandomClipResNet(int width, List<Integer> blocks, int imageSize, RandomClip.Tower text, int context,
        int vocab, int projection) implements RandomCheckpoint {
    /// RN50: 38.3 M parameters of the image tower, 63.7 M of the text tower.
    public static final RandomClipResNet RN50 = new RandomClipResNet(64, List.of(3, 4, 6, 3), 224,
            new RandomClip.Tower(512, 12, 8), 77, 49408, 1024);

    private static final int REDUCTION = 32;
    private static final int HEAD_DIM = 64;
    private static final double NORM_STD = 0.05;
    private static final double BIAS_STD = 0.02;
    /// Keeps the residual stream of sixteen bottlenecks from growing.
    private static final double LAST_NORM = 0.3;
    /// ln 100, where published models ended.
    private static final double LOGIT_SCALE = 4.6052;

    /// The sizes of a checkpoint.
    ///
    /// @param checkpoint a file with OpenAI's names
    /// @return its sizes
    /// @throws io.github.smalti.weights.WeightsException if a tensor is missing
    public static RandomClipResNet of(Checkpoint checkpoint) {
        List<Integer> blocks = new ArrayList<>();
        for (int stage = 1; stage <= 4; stage++) {
            int count = 0;
            while (checkpoint.has("visual.layer" + stage + "." + count + ".conv1.weight")) count++;
            blocks.add(count);
        }
        int layers = 0;
        while (checkpoint.has("transformer.resblocks." + layers + ".ln_1.weight")) layers++;
        int textWidth = size(checkpoint, "text_projection", 0);
        int grid = (int) Math.sqrt(size(checkpoint, "visual.attnpool.positional_embedding", 0) - 1);
        return new RandomClipResNet(size(checkpoint, "visual.layer1.0.conv1.weight", 0), blocks, REDUCTION * grid,
                new RandomClip.Tower(textWidth, layers, textWidth / HEAD_DIM),
                size(checkpoint, "positional_embedding", 0), size(checkpoint, "token_embedding.weight", 0),
                size(checkpoint, "text_projection", 1));
    }

    private static int size(Checkpoint checkpoint, String name, int axis) {
        return (int) checkpoint.tensor(name).size(axis);
    }

    @Override
    public List<RandomTensor> tensors(DType dtype) {
        var out = new Tensors(dtype, new ArrayList<>());
        out.add("positional_embedding", 0, 0.01, context, text.width());
        out.add("text_projection", 0, 1 / Math.sqrt(text.width()), text.width(), projection);
        out.add("logit_scale", LOGIT_SCALE, 0);
        out.convNorm("visual.", "conv1", "bn1", 3, width / 2, 3, 1);
        out.convNorm("visual.", "conv2", "bn2", width / 2, width / 2, 3, 1);
        out.convNorm("visual.", "conv3", "bn3", width / 2, width, 3, 1);
        int inputs = width;
        for (int stage = 0; stage < 4; stage++) {
            for (int i = 0; i < blocks.get(stage); i++) {
                bottleneck(out, "visual.layer" + (stage + 1) + "." + i + ".", inputs, width << stage, i == 0);
                inputs = 4 * (width << stage);
            }
        }
        int grid = imageSize / REDUCTION;
        out.add("visual.attnpool.positional_embedding", 0, 1 / Math.sqrt(inputs), grid * grid + 1, inputs);
        for (String part : List.of("k_proj", "q_proj", "v_proj")) {
            out.linear("visual.attnpool." + part, inputs, inputs);
        }
        out.linear("visual.attnpool.c_proj", inputs, projection);
        for (int i = 0; i < text.layers(); i++) block(out, "transformer.resblocks." + i + ".");
        out.add("token_embedding.weight", 0, 0.02, vocab, text.width());
        out.norm("ln_final", text.width());
        return out.tensors;
    }

    private static void bottleneck(Tensors out, String path, int inputs, int planes, boolean isFirst) {
        out.convNorm(path, "conv1", "bn1", inputs, planes, 1, 1);
        out.convNorm(path, "conv2", "bn2", planes, planes, 3, 1);
        out.convNorm(path, "conv3", "bn3", planes, 4 * planes, 1, LAST_NORM);
        if (isFirst) out.convNorm(path + "downsample.", "0", "1", inputs, 4 * planes, 1, 1);
    }

    private void block(Tensors out, String path) {
        int width = text.width();
        out.add(path + "attn.in_proj_weight", 0, 1 / Math.sqrt(width), 3 * width, width);
        out.add(path + "attn.in_proj_bias", 0, BIAS_STD, 3 * width);
        out.linear(path + "attn.out_proj", width, width);
        out.norm(path + "ln_1", width);
        out.linear(path + "mlp.c_fc", width, 4 * width);
        out.linear(path + "mlp.c_proj", 4 * width, width);
        out.norm(path + "ln_2", width);
    }

    private record Tensors(DType dtype, List<RandomTensor> tensors) {
        void add(String name, double mean, double std, int... shape) {
            tensors.add(new RandomTensor(name, dtype, mean, std, shape));
        }

        void norm(String name, int width) {
            add(name + ".weight", 1, NORM_STD, width);
            add(name + ".bias", 0, NORM_STD, width);
        }

        void linear(String name, int in, int out) {
            add(name + ".weight", 0, 1 / Math.sqrt(in), out, in);
            add(name + ".bias", 0, BIAS_STD, out);
        }

        /// A convolution without a bias, drawn for the relu behind it, and its batch norm.
        void convNorm(String path, String conv, String norm, int in, int out, int kernel, double scale) {
            add(path + conv + ".weight", 0, Math.sqrt(2.0 / (in * kernel * kernel)), out, in, kernel, kernel);
            add(path + norm + ".weight", scale, NORM_STD, out);
            add(path + norm + ".bias", 0, NORM_STD, out);
            add(path + norm + ".running_mean", 0, NORM_STD, out);
            add(path + norm + ".running_var", 1, NORM_STD, out);
            tensors.add(new RandomTensor(path + norm + ".num_batches_tracked", DType.I64, 0, 0));
        }
    }

    @Override
    public void write(Path folder, DType dtype, long seed, RandomFile.Listener listener) throws IOException {
        RandomFile.writeSafetensors(folder.resolve("model.safetensors"), tensors(dtype), seed, listener);
    }
}
