package io.github.smalti.dvae;

import static io.github.smalti.dvae.OpenAiDvaeConfig.GROUPS;

import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Weights;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// Random tensors of OpenAI's dVAE under its names, and the network by its definition: sums of float64 products over
/// plain arrays (channels, rows, cols), every doubling and every gain where the paper has it.
final class RandomDvae implements AutoCloseable {
    private record Tensors(Map<String, TensorView> views) implements Checkpoint {
        @Override
        public String file() { return "random"; }

        @Override
        public List<String> names() { return List.copyOf(views.keySet()); }

        @Override
        public boolean has(String name) { return views.containsKey(name); }

        @Override
        public TensorView tensor(String name) { return views.get(name); }

        @Override
        public void close() {}
    }

    private final Arena arena = Arena.ofShared();
    private final Random random = new Random(11);
    private final OpenAiDvaeConfig config;
    private final Map<String, TensorView> decoder = new LinkedHashMap<>();
    private final Map<String, TensorView> encoder = new LinkedHashMap<>();

    RandomDvae(OpenAiDvaeConfig config) {
        this.config = config;
        int codes = config.codebookSize();
        conv(decoder, "blocks.input", codes, config.initialChannels(), 1, 1);
        conv(encoder, "blocks.input", 3, config.channels(0), 7, 7 * 7 * 3);
        int width = config.initialChannels();
        int encoderWidth = config.channels(0);
        for (int group = 1; group <= GROUPS; group++) {
            for (int i = 1; i <= config.blocksPerGroup(); i++) {
                String name = "blocks.group_" + group + ".block_" + i;
                int out = config.channels(GROUPS - group);
                block(decoder, name, width, out, 1, 3);
                width = out;
                int encoderOut = config.channels(group - 1);
                block(encoder, name, encoderWidth, encoderOut, 3, 1);
                encoderWidth = encoderOut;
            }
        }
        conv(decoder, "blocks.output.conv", width, 6, 1, width);
        conv(encoder, "blocks.output.conv", encoderWidth, codes, 1, encoderWidth);
    }

    private void block(Map<String, TensorView> half, String name, int in, int out, int first, int last) {
        int inner = out / 4;
        if (in != out) conv(half, name + ".id_path", in, out, 1, in);
        conv(half, name + ".res_path.conv_1", in, inner, first, first * first * in);
        conv(half, name + ".res_path.conv_2", inner, inner, 3, 9 * inner);
        conv(half, name + ".res_path.conv_3", inner, inner, 3, 9 * inner);
        conv(half, name + ".res_path.conv_4", inner, out, last, last * last * inner);
    }

    /// @param terms of a sum, by whose root weights are divided
    private void conv(Map<String, TensorView> half, String name, int in, int out, int kernel, int terms) {
        double deviation = Math.sqrt(2.0 / terms);
        half.put(name + ".w", tensor(deviation, out, in, kernel, kernel));
        half.put(name + ".b", tensor(0.1, out));
    }

    private TensorView tensor(double deviation, long... shape) {
        int count = 1;
        for (long size : shape) count *= (int) size;
        float[] values = new float[count];
        for (int i = 0; i < count; i++) values[i] = (float) (deviation * random.nextGaussian());
        return TensorView.contiguous(DType.F32, shape, arena.allocateFrom(ValueLayout.JAVA_FLOAT, values));
    }

    Weights decoderWeights(Compute compute) { return weights(decoder, compute); }

    Weights encoderWeights(Compute compute) { return weights(encoder, compute); }

    private static Weights weights(Map<String, TensorView> half, Compute compute) {
        return new Weights(new Tensors(half), new OpenAiDvaeNames("")::locate, compute, Precision.F32);
    }

    /// Sets all convolutions of all residual paths to zeros.
    void clearResidualPaths() {
        for (Map<String, TensorView> half : List.of(decoder, encoder)) {
            half.forEach((name, tensor) -> {
                if (name.contains("res_path")) tensor.bytes().fill((byte) 0);
            });
        }
    }

    /// The decoder's output by definition.
    double[][][] decode(int[] codes, int rows, int cols) {
        double[][][] oneHot = new double[config.codebookSize()][rows][cols];
        for (int i = 0; i < codes.length; i++) oneHot[codes[i]][i / cols][i % cols] = 1;
        double[][][] x = conv(decoder, "blocks.input", oneHot);
        for (int group = 1; group <= GROUPS; group++) {
            for (int i = 1; i <= config.blocksPerGroup(); i++) x = block(decoder, group, i, x);
            if (group < GROUPS) x = doubled(x);
        }
        return conv(decoder, "blocks.output.conv", relu(x));
    }

    /// The encoder's logits by definition.
    ///
    /// @param pixels (rows, cols, 3), mapped
    double[][][] encode(float[] pixels, int rows, int cols) {
        double[][][] x = new double[3][rows][cols];
        for (int i = 0; i < pixels.length; i++) x[i % 3][i / 3 / cols][i / 3 % cols] = pixels[i];
        x = conv(encoder, "blocks.input", x);
        for (int group = 1; group <= GROUPS; group++) {
            for (int i = 1; i <= config.blocksPerGroup(); i++) x = block(encoder, group, i, x);
            if (group < GROUPS) x = pooled(x);
        }
        return conv(encoder, "blocks.output.conv", relu(x));
    }

    private double[][][] block(Map<String, TensorView> half, int group, int i, double[][][] x) {
        String name = "blocks.group_" + group + ".block_" + i;
        double[][][] identity = half.containsKey(name + ".id_path.w") ? conv(half, name + ".id_path", x) : x;
        double[][][] h = x;
        for (int layer = 1; layer <= 4; layer++) h = conv(half, name + ".res_path.conv_" + layer, relu(h));
        int layers = GROUPS * config.blocksPerGroup();
        double[][][] out = new double[h.length][h[0].length][h[0][0].length];
        for (int c = 0; c < h.length; c++) {
            for (int y = 0; y < h[c].length; y++) {
                for (int at = 0; at < h[c][y].length; at++) {
                    out[c][y][at] = identity[c][y][at] + h[c][y][at] / (layers * layers);
                }
            }
        }
        return out;
    }

    private static double[][][] conv(Map<String, TensorView> half, String name, double[][][] x) {
        TensorView view = half.get(name + ".w");
        float[] w = view.toFloats();
        float[] bias = half.get(name + ".b").toFloats();
        int kernel = (int) view.size(2);
        int rows = x[0].length;
        int cols = x[0][0].length;
        double[][][] out = new double[bias.length][rows][cols];
        for (int o = 0; o < out.length; o++) {
            for (double[] row : out[o]) Arrays.fill(row, bias[o]);
            for (int i = 0; i < x.length; i++) {
                for (int k = 0; k < kernel * kernel; k++) {
                    double weight = w[(o * x.length + i) * kernel * kernel + k];
                    int down = k / kernel - kernel / 2;
                    int right = k % kernel - kernel / 2;
                    for (int y = Math.max(0, -down); y < Math.min(rows, rows - down); y++) {
                        for (int c = Math.max(0, -right); c < Math.min(cols, cols - right); c++) {
                            out[o][y][c] += weight * x[i][y + down][c + right];
                        }
                    }
                }
            }
        }
        return out;
    }

    private static double[][][] relu(double[][][] x) {
        double[][][] out = new double[x.length][x[0].length][x[0][0].length];
        for (int c = 0; c < x.length; c++) {
            for (int y = 0; y < x[c].length; y++) {
                for (int i = 0; i < x[c][y].length; i++) out[c][y][i] = Math.max(0, x[c][y][i]);
            }
        }
        return out;
    }

    private static double[][][] doubled(double[][][] x) {
        double[][][] out = new double[x.length][2 * x[0].length][2 * x[0][0].length];
        for (int c = 0; c < x.length; c++) {
            for (int y = 0; y < out[c].length; y++) {
                for (int i = 0; i < out[c][y].length; i++) out[c][y][i] = x[c][y / 2][i / 2];
            }
        }
        return out;
    }

    private static double[][][] pooled(double[][][] x) {
        double[][][] out = new double[x.length][x[0].length / 2][x[0][0].length / 2];
        for (int c = 0; c < x.length; c++) {
            for (int y = 0; y < out[c].length; y++) {
                for (int i = 0; i < out[c][y].length; i++) {
                    double[] upper = x[c][2 * y];
                    double[] lower = x[c][2 * y + 1];
                    out[c][y][i] = Math.max(Math.max(upper[2 * i], upper[2 * i + 1]),
                            Math.max(lower[2 * i], lower[2 * i + 1]));
                }
            }
        }
        return out;
    }

    @Override
    public void close() { arena.close(); }
}
