package io.github.smalti.bench.checkpoint;

import io.github.smalti.core.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// OpenAI's dVAE with random weights: its decoder and encoder as state dicts in safetensors, under the published names.
///
/// Convolutions keep the size of their inputs; the decoder's μ have a standard deviation near 1, so that pixels are spread
/// over 0..1.
///
/// @param hidden  channels of the group nearest to the pixels (`n_hid`)
/// @param blocks  blocks of each of the four groups
/// @param initial channels that the decoder starts with (`n_init`)
/// @param codes   number of codes
public record RandomOpenAiDvae(int hidden, int blocks, int initial, int codes) implements RandomCheckpoint {
    /// The published sizes: 43.8 M parameters of the decoder, 53.8 M of the encoder, 8192 codes.
    public static final RandomOpenAiDvae PUBLISHED = new RandomOpenAiDvae(256, 2, 128, 8192);

    private static final int GROUPS = 4;
    /// Of what a relu leaves, half of the squares are gone.
    private static final double RELU_GAIN = Math.sqrt(2);

    private record Network(DType dtype, List<RandomTensor> tensors) {
        void conv(String name, int in, int out, int kernel, double gain, double terms) {
            tensors.add(new RandomTensor(name + ".w", dtype, 0, gain / Math.sqrt(terms), out, in, kernel, kernel));
            tensors.add(new RandomTensor(name + ".b", dtype, 0, 0.02, out));
        }

        void block(String name, int in, int out, int first, int last) {
            int inner = out / 4;
            if (in != out) conv(name + ".id_path", in, out, 1, 1, in);
            String path = name + ".res_path.conv_";
            conv(path + 1, in, inner, first, RELU_GAIN, (double) in * first * first);
            conv(path + 2, inner, inner, 3, RELU_GAIN, 9.0 * inner);
            conv(path + 3, inner, inner, 3, RELU_GAIN, 9.0 * inner);
            conv(path + 4, inner, out, last, RELU_GAIN, (double) inner * last * last);
        }
    }

    /// The decoder's tensors.
    ///
    /// @param dtype F32, F16 or BF16
    /// @return names, shapes and magnitudes
    public List<RandomTensor> decoderTensors(DType dtype) {
        var out = new Network(dtype, new ArrayList<>());
        out.conv("blocks.input", codes, initial, 1, 1, 1); // one of the inputs is 1, the others are 0
        int width = initial;
        for (int group = 1; group <= GROUPS; group++) {
            for (int block = 1; block <= blocks; block++) {
                out.block("blocks.group_" + group + ".block_" + block, width, hidden << GROUPS - group, 1, 3);
                width = hidden << GROUPS - group;
            }
        }
        out.conv("blocks.output.conv", width, 6, 1, RELU_GAIN, width);
        return out.tensors;
    }

    /// The encoder's tensors.
    ///
    /// @param dtype F32, F16 or BF16
    /// @return names, shapes and magnitudes
    public List<RandomTensor> encoderTensors(DType dtype) {
        var out = new Network(dtype, new ArrayList<>());
        out.conv("blocks.input", 3, hidden, 7, 1, 3 * 7 * 7);
        int width = hidden;
        for (int group = 1; group <= GROUPS; group++) {
            for (int block = 1; block <= blocks; block++) {
                out.block("blocks.group_" + group + ".block_" + block, width, hidden << group - 1, 3, 1);
                width = hidden << group - 1;
            }
        }
        out.conv("blocks.output.conv", width, codes, 1, RELU_GAIN, width);
        return out.tensors;
    }

    /// The tensors of both files, the decoder's first.
    @Override
    public List<RandomTensor> tensors(DType dtype) {
        List<RandomTensor> all = new ArrayList<>(decoderTensors(dtype));
        all.addAll(encoderTensors(dtype));
        return all;
    }

    @Override
    public void write(Path folder, DType dtype, long seed, RandomFile.Listener listener) throws IOException {
        List<RandomTensor> decoder = decoderTensors(dtype);
        long first = decoder.stream().mapToLong(RandomTensor::byteSize).sum();
        long total = byteSize(dtype);
        RandomFile.writeSafetensors(folder.resolve("decoder.safetensors"), decoder, seed,
                (done, _) -> listener.written(Math.min(done, first), total));
        RandomFile.writeSafetensors(folder.resolve("encoder.safetensors"), encoderTensors(dtype), seed + 1,
                (done, _) -> listener.written(Math.min(first + done, total), total));
    }
}
