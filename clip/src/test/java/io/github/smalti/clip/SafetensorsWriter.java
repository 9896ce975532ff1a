package io.github.smalti.clip;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/// Writes checkpoints of float32 zeros: shapes are all that a wrong file needs.
final class SafetensorsWriter {
    private final Map<String, long[]> shapes = new LinkedHashMap<>();

    SafetensorsWriter with(String name, long... shape) {
        shapes.put(name, shape);
        return this;
    }

    SafetensorsWriter without(String name) {
        shapes.remove(name);
        return this;
    }

    void write(Path file) throws IOException {
        var header = new StringBuilder("{");
        int end = 0;
        for (var entry : shapes.entrySet()) {
            int begin = end;
            int count = 1;
            for (long size : entry.getValue()) count *= (int) size;
            end += 4 * count;
            if (header.length() > 1) header.append(',');
            header.append(String.format(Locale.ROOT, "\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}",
                    entry.getKey(),
                    java.util.Arrays.toString(entry.getValue()), begin, end));
        }
        byte[] json = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + end).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(json.length).put(json);
        Files.write(file, bytes.array());
    }

    /// OpenAI's names: pictures of 32 pixels, patches of 16, width 64, one layer per tower, 8 numbers, 2,114 tokens.
    static SafetensorsWriter openAi() {
        var writer = new SafetensorsWriter().with("logit_scale").with("text_projection", 64, 8)
                .with("visual.proj", 64, 8).with("token_embedding.weight", 2114, 64).with("positional_embedding", 9, 64)
                .with("visual.class_embedding", 64).with("visual.positional_embedding", 5, 64)
                .with("visual.conv1.weight", 64, 3, 16, 16);
        for (String norm : new String[]{"ln_final", "visual.ln_pre", "visual.ln_post"}) writer.linear(norm, 64);
        for (String tower : new String[]{"transformer", "visual.transformer"}) {
            String block = tower + ".resblocks.0.";
            writer.linear(block + "ln_1", 64).linear(block + "ln_2", 64).linear(block + "attn.out_proj", 64, 64)
                    .linear(block + "mlp.c_fc", 256, 64).linear(block + "mlp.c_proj", 64, 256)
                    .with(block + "attn.in_proj_weight", 192, 64).with(block + "attn.in_proj_bias", 192);
        }
        return writer;
    }

    /// OpenAI's names: a ResNet of width 2 for pictures of 32 pixels, with one bottleneck a stage; texts as in [#openAi].
    static SafetensorsWriter openAiResNet() { return openAiResNet(2, 1); }

    /// The same of any width, for pictures of 32 · grid pixels.
    static SafetensorsWriter openAiResNet(int width, int grid) {
        SafetensorsWriter writer = openAi();
        writer.shapes.keySet().removeIf(name -> name.startsWith("visual."));
        int half = width / 2;
        writer.folded("visual.", "conv1", "bn1", half, 3, 3).folded("visual.", "conv2", "bn2", half, half, 3)
                .folded("visual.", "conv3", "bn3", width, half, 3);
        int inputs = width;
        for (int stage = 0; stage < 4; stage++) {
            String block = "visual.layer" + (stage + 1) + ".0.";
            int planes = width << stage;
            writer.folded(block, "conv1", "bn1", planes, inputs, 1).folded(block, "conv2", "bn2", planes, planes, 3)
                    .folded(block, "conv3", "bn3", 4 * planes, planes, 1)
                    .folded(block, "downsample.0", "downsample.1", 4 * planes, inputs, 1);
            inputs = 4 * planes;
        }
        String pool = "visual.attnpool.";
        for (String name : new String[]{"q_proj", "k_proj", "v_proj"}) writer.linear(pool + name, inputs, inputs);
        return writer.linear(pool + "c_proj", 8, inputs).with(pool + "positional_embedding", grid * grid + 1, inputs);
    }

    private SafetensorsWriter folded(String path, String conv, String norm, int outputs, int inputs, int side) {
        for (String part : new String[]{"weight", "bias", "running_mean", "running_var"}) {
            with(path + norm + "." + part, outputs);
        }
        return with(path + conv + ".weight", outputs, inputs, side, side);
    }

    private SafetensorsWriter linear(String name, long... shape) {
        return with(name + ".weight", shape).with(name + ".bias", shape[0]);
    }
}
