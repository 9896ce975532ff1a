package io.github.smalti.bench;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

/// A checkpoint of random float16 weights in the published layout of DALL·E mini: names, shapes and types of its Flax tree.
///
/// Written as a stream, without holding it in memory; weights are scaled so that activations keep their size.
///
/// @param dModel      width
/// @param heads       attention heads
/// @param ffnDim      width of the gated linear unit
/// @param layers      layers of encoder and decoder
/// @param textVocab   rows of the text embedding
/// @param imageVocab  `image_vocab_size`
/// @param imageLength codes of an image
record RandomDalleBart(int dModel, int heads, int ffnDim, int layers, int textVocab, int imageVocab, int imageLength) {
    /// The published sizes of DALL·E mini.
    static final RandomDalleBart MINI = new RandomDalleBart(1024, 16, 2730, 12, 50264, 16384, 256);
    /// What [#write] leaves in its folder.
    static final List<String> FILES = List.of("config.json", "flax_model.msgpack");

    private static final int TEXT_LENGTH = 64;
    private static final int BLOCK = 1 << 20;

    RandomDalleBart withImageLength(int length) {
        return new RandomDalleBart(dModel, heads, ffnDim, layers, textVocab, imageVocab, length);
    }

    void write(Path folder) throws IOException {
        Files.writeString(folder.resolve("config.json"), """
                {"model_type": "dallebart", "d_model": %d, "encoder_layers": %d, "decoder_layers": %d,
                 "encoder_attention_heads": %d, "decoder_attention_heads": %d, "encoder_ffn_dim": %d,
                 "decoder_ffn_dim": %d, "encoder_vocab_size": %d, "image_vocab_size": %d, "image_length": %d,
                 "max_text_length": %d, "normalize_text": true, "use_scan": true}
                """.formatted(dModel, layers, layers, heads, heads, ffnDim, ffnDim, textVocab, imageVocab, imageLength,
                TEXT_LENGTH));
        try (OutputStream file = Files.newOutputStream(folder.resolve("flax_model.msgpack"));
                var out = new Msgpack(new DataOutputStream(new BufferedOutputStream(file, 1 << 16)))) {
            out.map(2);
            out.name("lm_head").map(1).name("kernel").array(1 / Math.sqrt(dModel), dModel, imageVocab + 1);
            out.name("model").map(2);
            side(out, "encoder", textVocab, TEXT_LENGTH, 2);
            side(out, "decoder", imageVocab + 1, imageLength, 4);
        }
    }

    private void side(Msgpack out, String name, int rows, int positions, int norms) throws IOException {
        boolean decoder = norms == 4;
        out.name(name).map(5);
        out.name("embed_tokens").map(1).name("embedding").array(0.5, rows, dModel);
        out.name("embed_positions").map(1).name("embedding").array(0.5, positions, dModel);
        out.name("layernorm_embedding").map(2).name("scale").array(1, dModel).name("bias").array(0.1, dModel);
        out.name("final_ln").map(1).name("bias").array(0.1, dModel);
        out.name("layers").map(1).name(decoder ? "FlaxBartDecoderLayers" : "FlaxBartEncoderLayers");
        out.map(decoder ? 7 : 4);
        for (int i = 0; i < norms / 2; i++) {
            out.name("FlaxBartAttention_" + i).map(4);
            for (String part : List.of("q_proj", "k_proj", "v_proj", "out_proj")) {
                out.name(part).map(1).name("kernel").array(1 / Math.sqrt(dModel), layers, dModel, dModel);
            }
        }
        for (int i = 0; i < norms; i++) {
            out.name("LayerNorm_" + i).map(i % 2 == 0 ? 1 : 2).name("bias").array(0.1, layers, dModel);
            if (i % 2 == 1) out.name("scale").array(0.3, layers, dModel);
        }
        out.name("GLU_0").map(5);
        out.name("LayerNorm_0").map(1).name("bias").array(0.1, layers, dModel);
        out.name("LayerNorm_1").map(1).name("bias").array(0.1, layers, ffnDim);
        out.name("Dense_0").map(1).name("kernel").array(1 / Math.sqrt(dModel), layers, dModel, ffnDim);
        out.name("Dense_1").map(1).name("kernel").array(1 / Math.sqrt(dModel), layers, dModel, ffnDim);
        out.name("Dense_2").map(1).name("kernel").array(1 / Math.sqrt(ffnDim), layers, ffnDim, dModel);
    }

    /// As much of MessagePack as Flax writes.
    private static final class Msgpack implements AutoCloseable {
        private final DataOutputStream out;
        private final Random random = new Random(1);
        private final float[] noise = new float[BLOCK];

        Msgpack(DataOutputStream out) {
            this.out = out;
            for (int i = 0; i < BLOCK; i++) noise[i] = (random.nextFloat() - 0.5f) * 3.46f;
        }

        Msgpack map(int entries) throws IOException {
            out.writeByte(0x80 | entries);
            return this;
        }

        Msgpack name(String name) throws IOException {
            byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
            out.writeByte(0xa0 | utf8.length);
            out.write(utf8);
            return this;
        }

        /// An extension of type 1: `[shape, "float16", bytes]`.
        Msgpack array(double scale, int... shape) throws IOException {
            long count = 1;
            for (int size : shape) count *= size;
            int head = 1 + 1 + 5 * shape.length + 8 + 5;
            out.writeByte(0xc9);
            out.writeInt(Math.toIntExact(head + 2 * count));
            out.writeByte(1);
            out.writeByte(0x93);
            out.writeByte(0x90 | shape.length);
            for (int size : shape) {
                out.writeByte(0xce);
                out.writeInt(size);
            }
            name("float16");
            out.writeByte(0xc6);
            out.writeInt(Math.toIntExact(2 * count));
            noise(scale, count);
            return this;
        }

        /// One block of numbers over and over, each time from another place.
        private void noise(double scale, long count) throws IOException {
            ByteBuffer block = ByteBuffer.allocate(2 * BLOCK).order(ByteOrder.LITTLE_ENDIAN);
            for (float value : noise) block.putShort(Float.floatToFloat16((float) (value * scale)));
            for (long left = count; left > 0;) {
                int from = random.nextInt(BLOCK / 2);
                int take = (int) Math.min(left, BLOCK - from);
                out.write(block.array(), 2 * from, 2 * take);
                left -= take;
            }
        }

        @Override
        public void close() throws IOException { out.close(); }
    }
}
