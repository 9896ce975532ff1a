package io.github.smalti.bench.checkpoint;

import io.github.smalti.core.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// A VQGAN with random weights, as vqgan-jax publishes it (Flax msgpack) or under taming-transformers' names
/// (safetensors).
///
/// Convolutions keep the size of their inputs; pixels come out around 0.5 with a standard deviation near 0.2.
///
/// @param resolution  pixel rows of a training picture
/// @param channels    channels of the level nearest to the pixels
/// @param multipliers factor of the channels per level, from pixels to codes
/// @param blocks      residual blocks of an encoder level; a decoder level has one more
/// @param attentionAt pixel rows of the levels with attention
/// @param latent      channels between the networks and the codebook's 1×1 convolutions
/// @param embedDim    length of a codebook row
/// @param codes       rows of the codebook
public record RandomVqgan(int resolution, int channels, List<Integer> multipliers, int blocks,
        List<Integer> attentionAt, int latent, int embedDim, int codes) implements RandomCheckpoint {
    /// DALL·E mini's codec: 42.5 M parameters of the decoder, 29.4 M of the encoder, 16384 codes of 256.
    public static final RandomVqgan F16_16384 = new RandomVqgan(256, 128, List.of(1, 1, 2, 2, 4), 2, List.of(16), 256,
            256, 16384);

    private static final double NORM_STD = 0.05;
    private static final double PIXEL_GAIN = 0.3;

    /// The same network for pictures of another size; attention stays at the level nearest to the codes.
    ///
    /// @param rows pixel rows and columns
    /// @return a copy
    public RandomVqgan withResolution(int rows) {
        return new RandomVqgan(rows, channels, multipliers, blocks, List.of(rows >> multipliers.size() - 1), latent,
                embedDim, codes);
    }

    /// The tensors under taming-transformers' names, convolutions as (out, in, rows, cols).
    ///
    /// @param dtype F32, F16 or BF16
    /// @return names, shapes and magnitudes
    public List<RandomTensor> torchTensors(DType dtype) {
        var out = new Network(dtype, new ArrayList<>());
        out.add("quantize.embedding.weight", 0, 1, codes, embedDim);
        out.conv("quant_conv", latent, embedDim, 1);
        out.conv("post_quant_conv", embedDim, latent, 1);
        encoder(out);
        decoder(out);
        return out.tensors;
    }

    /// The tensors of the Flax tree, convolutions as (rows, cols, in, out).
    @Override
    public List<RandomTensor> tensors(DType dtype) {
        return torchTensors(dtype).stream().map(RandomVqgan::flax).toList();
    }

    private static RandomTensor flax(RandomTensor tensor) {
        String[] levels = tensor.name().split("\\.");
        var path = new StringBuilder(levels[0]);
        for (int i = 1; i < levels.length - 1; i++) {
            path.append(Character.isDigit(levels[i].charAt(0)) ? '_' : '/').append(levels[i]);
        }
        String owner = levels[levels.length - 2];
        String leaf = levels[levels.length - 1];
        int[] s = tensor.shape();
        if (s.length == 4) return tensor.as(path + "/kernel", s[2], s[3], s[1], s[0]);
        if (owner.equals("embedding")) return tensor.as(path + "/embedding", s);
        return tensor.as(path + "/" + (leaf.equals("weight") ? "scale" : leaf), s);
    }

    private record Network(DType dtype, List<RandomTensor> tensors) {
        void add(String name, double mean, double std, int... shape) {
            tensors.add(new RandomTensor(name, dtype, mean, std, shape));
        }

        void norm(String name, int width) {
            add(name + ".weight", 1, NORM_STD, width);
            add(name + ".bias", 0, NORM_STD, width);
        }

        void conv(String name, int in, int out, int kernel) { conv(name, in, out, kernel, 1, 0); }

        void conv(String name, int in, int out, int kernel, double gain, double bias) {
            add(name + ".weight", 0, gain / Math.sqrt((double) in * kernel * kernel), out, in, kernel, kernel);
            add(name + ".bias", bias, 0.02, out);
        }

        void residual(String name, int in, int out) {
            norm(name + ".norm1", in);
            conv(name + ".conv1", in, out, 3);
            norm(name + ".norm2", out);
            conv(name + ".conv2", out, out, 3);
            if (in != out) conv(name + ".nin_shortcut", in, out, 1);
        }

        void attention(String name, int width) {
            norm(name + ".norm", width);
            for (String part : List.of("q", "k", "v", "proj_out")) conv(name + "." + part, width, width, 1);
        }

        void middle(String name, int width) {
            residual(name + ".block_1", width, width);
            attention(name + ".attn_1", width);
            residual(name + ".block_2", width, width);
        }
    }

    private void encoder(Network out) {
        out.conv("encoder.conv_in", 3, channels, 3);
        int width = channels;
        for (int level = 0; level < multipliers.size(); level++) {
            String path = "encoder.down." + level;
            for (int j = 0; j < blocks; j++) {
                out.residual(path + ".block." + j, width, channels * multipliers.get(level));
                width = channels * multipliers.get(level);
                if (attentionAt.contains(resolution >> level)) out.attention(path + ".attn." + j, width);
            }
            if (level < multipliers.size() - 1) out.conv(path + ".downsample.conv", width, width, 3);
        }
        out.middle("encoder.mid", width);
        out.norm("encoder.norm_out", width);
        out.conv("encoder.conv_out", width, latent, 3);
    }

    private void decoder(Network out) {
        int width = channels * multipliers.getLast();
        out.conv("decoder.conv_in", latent, width, 3);
        out.middle("decoder.mid", width);
        for (int level = multipliers.size() - 1; level >= 0; level--) {
            String path = "decoder.up." + level;
            for (int j = 0; j <= blocks; j++) {
                out.residual(path + ".block." + j, width, channels * multipliers.get(level));
                width = channels * multipliers.get(level);
                if (attentionAt.contains(resolution >> level)) out.attention(path + ".attn." + j, width);
            }
            if (level > 0) out.conv(path + ".upsample.conv", width, width, 3);
        }
        out.norm("decoder.norm_out", width);
        out.conv("decoder.conv_out", width, 3, 3, PIXEL_GAIN, 0.5);
    }

    @Override
    public void write(Path folder, DType dtype, long seed, RandomFile.Listener listener) throws IOException {
        Files.writeString(folder.resolve("config.json"), config());
        RandomFile.writeFlax(folder.resolve("flax_model.msgpack"), tensors(dtype), seed, listener);
    }

    /// Writes `config.json` and `model.safetensors` under taming-transformers' names; its pixels are read as -1..1.
    ///
    /// @param folder   an existing folder
    /// @param dtype    F32, F16 or BF16
    /// @param seed     the same seed writes the same file
    /// @param listener told of the progress
    /// @throws IOException if a file cannot be written
    public void writeTorchNames(Path folder, DType dtype, long seed, RandomFile.Listener listener) throws IOException {
        Files.writeString(folder.resolve("config.json"), config());
        RandomFile.writeSafetensors(folder.resolve("model.safetensors"), torchTensors(dtype), seed, listener);
    }

    /// Its `config.json`.
    String config() {
        return String.format(Locale.ROOT, """
                {"model_type": "vqgan", "architectures": ["VQModel"], "resolution": %d, "ch": %d, "ch_mult": %s,
                 "num_resolutions": %d, "num_res_blocks": %d, "attn_resolutions": %s, "z_channels": %d,
                 "embed_dim": %d, "n_embed": %d, "in_channels": 3, "out_ch": 3, "double_z": false,
                 "give_pre_end": false, "resamp_with_conv": true, "dropout": 0.0}
                """, resolution, channels, json(multipliers), multipliers.size(), blocks, json(attentionAt),
                latent, embedDim, codes);
    }

    private static String json(List<Integer> values) {
        return values.stream().map(String::valueOf).collect(Collectors.joining(", ", "[", "]"));
    }
}
