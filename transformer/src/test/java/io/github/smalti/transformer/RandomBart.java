package io.github.smalti.transformer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;

/// A tiny model with random weights and any switches: its files, and what it computes, written once more in float64
/// after dalle-mini's modeling.py, without a cache and without anything of the code under test.
///
/// Tensors have the names of a Flax tree whose layers are not stacked; dense kernels are (in, out).
record RandomBart(boolean bias, boolean scaled, boolean tied, boolean glu, String activation, boolean finalNorms,
        boolean normScales, Map<String, float[]> tensors, Map<String, int[]> shapes) {
    static final int D = 12;
    static final int HEADS = 3;
    static final int FFN = 10;
    static final int LAYERS = 2;
    static final int TEXT_VOCAB = 20;
    static final int TEXT_LENGTH = 6;
    static final int IMAGE_VOCAB = 15;
    static final int IMAGE_LENGTH = 5;

    static RandomBart of(boolean bias, boolean scaled, boolean tied, boolean glu, String activation,
            boolean finalNorms, boolean normScales) {
        var model = new RandomBart(bias, scaled, tied, glu, activation, finalNorms, normScales, new LinkedHashMap<>(),
                new LinkedHashMap<>());
        Random random = new Random(42);
        for (String side : new String[]{"encoder", "decoder"}) {
            String at = "model/" + side + "/";
            boolean text = side.equals("encoder");
            model.add(random, at + "embed_tokens/embedding", text ? TEXT_VOCAB : IMAGE_VOCAB + 1, D);
            model.add(random, at + "embed_positions/embedding", text ? TEXT_LENGTH : IMAGE_LENGTH, D);
            model.norm(random, at + "layernorm_embedding", D, true);
            if (finalNorms) model.norm(random, at + "final_ln", D, normScales);
            for (int i = 0; i < LAYERS; i++) model.layer(random, layer(side, i), text ? 1 : 2);
        }
        if (!tied) model.add(random, "lm_head/kernel", D, IMAGE_VOCAB + 1);
        return model;
    }

    private static String layer(String side, int index) {
        String kind = side.equals("encoder") ? "FlaxBartEncoderLayer_" : "FlaxBartDecoderLayer_";
        return "model/" + side + "/layers/" + kind + index + "/";
    }

    private void layer(Random random, String at, int attentions) {
        for (int a = 0; a < attentions; a++) {
            norm(random, at + "LayerNorm_" + 2 * a, D, normScales);
            for (String p : new String[]{"q", "k", "v", "out"}) {
                dense(random, at + "FlaxBartAttention_" + a + "/" + p + "_proj", D, D);
            }
            norm(random, at + "LayerNorm_" + (2 * a + 1), D, true);
        }
        String block = at + (glu ? "GLU_0/" : "FFN_0/");
        norm(random, block + "LayerNorm_0", D, normScales);
        norm(random, block + "LayerNorm_1", FFN, normScales);
        dense(random, block + "Dense_0", D, FFN);
        if (glu) dense(random, block + "Dense_1", D, FFN);
        dense(random, block + (glu ? "Dense_2" : "Dense_1"), FFN, D);
    }

    private void norm(Random random, String name, int size, boolean scale) {
        if (scale) add(random, name + "/scale", size);
        add(random, name + "/bias", size);
    }

    private void dense(Random random, String name, int in, int out) {
        add(random, name + "/kernel", in, out);
        if (bias) add(random, name + "/bias", out);
    }

    void add(Random random, String name, int... shape) {
        float[] values = new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) values[i] = (float) random.nextGaussian() * 0.5f;
        tensors.put(name, values);
        shapes.put(name, shape);
    }

    /// Writes `config.json` and `model.safetensors`.
    void write(Path folder) throws IOException {
        Files.writeString(folder.resolve("config.json"), String.format(Locale.ROOT, """
                {"model_type": "dallebart", "d_model": %d, "encoder_attention_heads": %d, "decoder_attention_heads": %d,
                 "encoder_ffn_dim": %d, "decoder_ffn_dim": %d, "encoder_layers": %d, "decoder_layers": %d,
                 "encoder_vocab_size": %d, "max_text_length": %d, "image_vocab_size": %d, "image_length": %d,
                 "use_bias": %b, "scale_embedding": %b, "tie_word_embeddings": %b, "use_glu": %b,
                 "activation_function": "%s", "use_final_ln_encoder": %b, "use_final_ln_decoder": %b,
                 "force_ln_scale": %b, "use_scan": false}
                """, D, HEADS, HEADS, FFN, FFN, LAYERS, LAYERS, TEXT_VOCAB, TEXT_LENGTH, IMAGE_VOCAB,
                IMAGE_LENGTH, bias, scaled, tied, glu, activation, finalNorms, finalNorms, normScales));
        int size = tensors.values().stream().mapToInt(values -> values.length * 4).sum();
        ByteBuffer data = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        var header = new StringBuilder();
        for (var tensor : tensors.entrySet()) {
            int begin = data.position();
            for (float value : tensor.getValue()) data.putFloat(value);
            String shape = Arrays.stream(shapes.get(tensor.getKey())).mapToObj(Integer::toString)
                    .collect(Collectors.joining(","));
            header.append(header.isEmpty() ? "{" : ",").append("\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],"
                    .formatted(tensor.getKey(), shape))
                    .append(String.format(Locale.ROOT, "\"data_offsets\":[%d,%d]}", begin,
                            data.position()));
        }
        byte[] head = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer file = ByteBuffer.allocate(8 + head.length + size).order(ByteOrder.LITTLE_ENDIAN);
        Files.write(folder.resolve("model.safetensors"), file.putLong(head.length).put(head).put(data.flip()).array());
    }

    double[][] encode(int[] ids, int length) {
        double[][] x = embed("model/encoder/", ids);
        for (int i = 0; i < LAYERS; i++) {
            String at = layer("encoder", i);
            attend(at, 0, x, null, length);
            feedForward(at, x);
        }
        return finalNorms ? normed("model/encoder/final_ln", x) : x;
    }

    /// Logits of every step at once.
    double[][] decode(double[][] encoded, int length, int[] tokens) {
        double[][] x = embed("model/decoder/", tokens);
        for (int i = 0; i < LAYERS; i++) {
            String at = layer("decoder", i);
            attend(at, 0, x, null, 0);
            attend(at, 1, x, encoded, length);
            feedForward(at, x);
        }
        if (finalNorms) x = normed("model/decoder/final_ln", x);
        double[][] out = new double[x.length][IMAGE_VOCAB + 1];
        float[] head = tensors.get(tied ? "model/decoder/embed_tokens/embedding" : "lm_head/kernel");
        for (int row = 0; row < x.length; row++) {
            for (int n = 0; n <= IMAGE_VOCAB; n++) {
                for (int k = 0; k < D; k++)
                    out[row][n] += x[row][k] * head[tied ? n * D + k : k * (IMAGE_VOCAB + 1) + n];
            }
        }
        return out;
    }

    private double[][] embed(String at, int[] ids) {
        double[][] x = new double[ids.length][D];
        for (int row = 0; row < ids.length; row++) {
            for (int k = 0; k < D; k++) {
                x[row][k] = tensors.get(at + "embed_tokens/embedding")[ids[row] * D + k] * (scaled ? Math.sqrt(D) : 1)
                        + tensors.get(at + "embed_positions/embedding")[row * D + k];
            }
        }
        return normed(at + "layernorm_embedding", x);
    }

    /// Length 0 stands for causal attention.
    private void attend(String at, int index, double[][] x, double[][] other, int length) {
        double[][] h = normed(at + "LayerNorm_" + 2 * index, x);
        String block = at + "FlaxBartAttention_" + index + "/";
        double[][] q = applied(block + "q_proj", h, D, D);
        double[][] k = applied(block + "k_proj", other == null ? h : other, D, D);
        double[][] v = applied(block + "v_proj", other == null ? h : other, D, D);
        int headDim = D / HEADS;
        double[][] mixed = new double[x.length][D];
        for (int row = 0; row < x.length; row++) {
            int seen = length == 0 ? row + 1 : length;
            for (int head = 0; head < HEADS; head++) {
                double[] weight = new double[seen];
                double sum = 0;
                for (int j = 0; j < seen; j++) {
                    double dot = 0;
                    for (int i = head * headDim; i < (head + 1) * headDim; i++) dot += q[row][i] * k[j][i];
                    sum += weight[j] = Math.exp(dot / Math.sqrt(headDim));
                }
                for (int j = 0; j < seen; j++) {
                    for (int i = head * headDim; i < (head + 1) * headDim; i++) {
                        mixed[row][i] += weight[j] / sum * v[j][i];
                    }
                }
            }
        }
        add(x, normed(at + "LayerNorm_" + (2 * index + 1), applied(block + "out_proj", mixed, D, D)));
    }

    private void feedForward(String at, double[][] x) {
        String block = at + (glu ? "GLU_0/" : "FFN_0/");
        double[][] h = normed(block + "LayerNorm_0", x);
        double[][] hidden = applied(block + "Dense_0", h, D, FFN);
        double[][] value = glu ? applied(block + "Dense_1", h, D, FFN) : null;
        for (int row = 0; row < x.length; row++) {
            for (int i = 0; i < FFN; i++) hidden[row][i] = activated(hidden[row][i]) * (glu ? value[row][i] : 1);
        }
        add(x, applied(block + (glu ? "Dense_2" : "Dense_1"), normed(block + "LayerNorm_1", hidden), FFN, D));
    }

    private double activated(double x) {
        return switch (activation) {
            case "gelu" -> x * normalCumulative(x);
            case "quick_gelu" -> x / (1 + Math.exp(-1.702 * x));
            default -> x / (1 + Math.exp(-x));
        };
    }

    /// The integral of the normal density from far below by Simpson's rule.
    private static double normalCumulative(double x) {
        double from = -12;
        int steps = 4000;
        double width = (x - from) / steps;
        double sum = 0;
        for (int i = 0; i <= steps; i++) {
            double t = from + i * width;
            sum += Math.exp(-t * t / 2) * (i == 0 || i == steps ? 1 : i % 2 == 0 ? 2 : 4);
        }
        return sum * width / 3 / Math.sqrt(2 * Math.PI);
    }

    private double[][] applied(String name, double[][] x, int in, int out) {
        double[][] y = new double[x.length][out];
        for (int row = 0; row < x.length; row++) {
            for (int n = 0; n < out; n++) {
                if (bias) y[row][n] = tensors.get(name + "/bias")[n];
                for (int k = 0; k < in; k++) y[row][n] += x[row][k] * tensors.get(name + "/kernel")[k * out + n];
            }
        }
        return y;
    }

    private double[][] normed(String name, double[][] x) {
        float[] scale = tensors.get(name + "/scale");
        double[][] y = new double[x.length][];
        for (int row = 0; row < x.length; row++) {
            double mean = Arrays.stream(x[row]).average().orElseThrow();
            double variance = Arrays.stream(x[row]).map(v -> (v - mean) * (v - mean)).average().orElseThrow();
            y[row] = new double[x[row].length];
            for (int i = 0; i < y[row].length; i++) {
                y[row][i] = (x[row][i] - mean) / Math.sqrt(variance + 1e-5) * (scale == null ? 1 : scale[i])
                        + tensors.get(name + "/bias")[i];
            }
        }
        return y;
    }

    private static void add(double[][] x, double[][] y) {
        for (int row = 0; row < x.length; row++) for (int i = 0; i < x[row].length; i++) x[row][i] += y[row][i];
    }
}
