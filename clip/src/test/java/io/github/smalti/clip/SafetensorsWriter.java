package io.github.smalti.clip;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
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
            header.append("\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}".formatted(entry.getKey(),
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

    private SafetensorsWriter linear(String name, long... shape) {
        return with(name + ".weight", shape).with(name + ".bias", shape[0]);
    }
}
