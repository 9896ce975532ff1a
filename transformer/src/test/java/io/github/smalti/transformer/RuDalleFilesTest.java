package io.github.smalti.transformer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.AttentionPattern;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a ruDALL-E checkpoint tells by itself, and what a configuration beside it may say.
class RuDalleFilesTest {
    @TempDir
    private Path folder;

    private RuDalleConfig config() { return RuDalleFiles.in(folder).config(); }

    private void edit(String from, String to) throws IOException {
        Path file = folder.resolve("config.json");
        String text = Files.readString(file);
        assertTrue(text.contains(from), from);
        Files.writeString(file, text.replace(from, to));
    }

    private void assertRefused(String... mentions) {
        var e = assertThrows(WeightsException.class,
                () -> RuDalle.load(folder, Compute.shared(), Precision.F32).close());
        for (String mention : mentions) assertTrue(e.getMessage().contains(mention), mention + " in " + e.getMessage());
    }

    /// Without `config.json`, as published: all but the heads, of which a width of 32 has one.
    @Test
    void infersSizesFromShapes() throws IOException {
        Path golden = GoldenCase.path("rudalle/malevich-tiny");
        Files.copy(golden.resolve("pytorch_model.bin"), folder.resolve("pytorch_model.bin"));
        assertEquals(new RuDalleConfig(8, 32, 1, 90, 10, 60, 6, true, RuDalleConfig.Version.V3), config());
        Files.copy(golden.resolve("config.json"), folder.resolve("config.json"));
        assertEquals(new RuDalleConfig(8, 32, 4, 90, 10, 60, 6, true, RuDalleConfig.Version.V3), config());
        Files.move(folder.resolve("pytorch_model.bin"), folder.resolve("pytorch_model_v3.bin"));
        assertEquals(RuDalleConfig.Version.V3, config().version());
        assertTrue(RuDalleFiles.isIn(folder));
    }

    @Test
    void takesTheVersionOfTheName() throws IOException {
        Files.copy(GoldenCase.path("rudalle/plain-v2/pytorch_model.bin"), folder.resolve("pytorch_model_v2.bin"));
        assertEquals(new RuDalleConfig(4, 24, 1, 70, 8, 40, 5, false, RuDalleConfig.Version.V2), config());
    }

    /// A grid of 8 × 8 with text of 3: the corner of the mask tells the versions apart.
    @Test
    void takesTheVersionOfTheMask() throws IOException {
        GoldenCopy copy = GoldenCopy.of("rudalle/plain-v2", "pytorch_model.bin");
        copy.put("image_row_embeddings.weight", new float[8 * 24], 8, 24);
        copy.put("image_col_embeddings.weight", new float[8 * 24], 8, 24);
        int size = 8 + 64;
        for (boolean wraps : new boolean[]{true, false}) {
            var square = new AttentionPattern.Convolution(8, RuDalleConfig.CONVOLUTION, wraps);
            float[] mask = new float[size * size];
            for (int from = 0; from < size; from++) {
                for (int to = 0; to <= from; to++) {
                    mask[from * size + to] = to < 8 || square.sees(from - 8, to - 8) ? 1 : 0;
                }
            }
            copy.put("transformer.conv_mask", mask, size, size);
            copy.write(folder);
            Files.delete(folder.resolve("config.json"));
            assertEquals(wraps ? RuDalleConfig.Version.V2 : RuDalleConfig.Version.V3, config().version());
            assertEquals(8, config().gridSize());
        }
        copy.put("transformer.conv_mask", new float[9], 3, 3);
        copy.write(folder);
        Files.delete(folder.resolve("config.json"));
        assertRefused("transformer.conv_mask", "(72, 72)", "(3, 3)");
    }

    @Test
    void refusesConfigurationsThatContradictTheShapes() throws IOException {
        GoldenCopy.of("rudalle/malevich-tiny", "pytorch_model.bin").write(folder);
        String original = Files.readString(folder.resolve("config.json"));
        String[][] edits = {{"\"num_layers\": 8", "\"num_layers\": 7", "num_layers", "expected 8", "found 7"},
                {"\"hidden_size\": 32", "\"hidden_size\": 64", "hidden_size", "expected 32"},
                {"\"num_attention_heads\": 4", "\"num_attention_heads\": 5", "num_attention_heads", "5 heads"},
                {"\"num_attention_heads\": 4", "\"num_attention_heads\": 0", "num_attention_heads"},
                {"\"hf_version\": \"v3\"", "\"hf_version\": \"v4\"", "hf_version", "v4"},
                {"\"cogview_sandwich_layernorm\": true", "\"cogview_sandwich_layernorm\": false", "sandwich"},
                {"\"layernorm_epsilon\": 1e-05", "\"layernorm_epsilon\": 1e-06", "layernorm_epsilon"},
                {"\"mlp_activation\": \"gelu_jit", "\"mlp_activation\": \"relu", "mlp_activation", "relu"},
                {"\"model_type\": \"rudalle\"", "\"model_type\": \"dallebart\"", "model_type", "dallebart"}};
        for (String[] edit : edits) {
            edit(edit[0], edit[1]);
            assertRefused(Arrays.copyOfRange(edit, 2, edit.length));
            Files.writeString(folder.resolve("config.json"), original);
        }
        assertEquals(4, config().headCount());
    }

    @Test
    void namesTensorExpectedAndFoundShape() throws IOException {
        GoldenCopy copy = GoldenCopy.of("rudalle/malevich-tiny", "pytorch_model.bin");
        copy.put("transformer.layers.3.attention.dense.weight", new float[32 * 31], 32, 31);
        copy.write(folder);
        assertRefused("model.safetensors", "layers.3.attention.out.weight", "(32, 32)", "(32, 31)");
        copy.put("text_pos_embeddings.weight", new float[32], 32);
        copy.write(folder);
        assertRefused("text_pos_embeddings.weight", "expected a matrix");
        copy.tensors().keySet().removeIf(name -> name.startsWith("transformer.layers"));
        copy.write(folder);
        assertRefused("expected layers, found none");
    }

    /// Code, row and column are summed: another vector of row 2 alters the cells of row 2 alone (S24).
    @Test
    void embedsCodesByRowAndColumn() throws IOException {
        GoldenCopy copy = GoldenCopy.of("rudalle/malevich-tiny", "pytorch_model.bin");
        copy.write(folder);
        float[][] before = embeddedCodes();
        Arrays.fill(copy.tensors().get("image_row_embeddings.weight"), 2 * 32, 3 * 32, 9f);
        copy.write(folder);
        float[][] after = embeddedCodes();
        for (int cell = 0; cell < 36; cell++) {
            assertEquals(cell / 6 != 2, Arrays.equals(before[cell], after[cell]), "cell " + cell);
            float want = copy.tensors().get("image_embeddings.weight")[7 * 32]
                    + copy.tensors().get("image_row_embeddings.weight")[cell / 6 * 32]
                    + copy.tensors().get("image_col_embeddings.weight")[cell % 6 * 32];
            assertEquals(want, after[cell][0], 1e-6, "cell " + cell);
        }
    }

    private float[][] embeddedCodes() {
        float[][] out = new float[36][32];
        try (RuDalle model = RuDalle.load(folder, Compute.shared(), Precision.F32)) {
            for (int cell = 0; cell < 36; cell++) model.embedCode(7, cell, new float[32], out[cell], 0);
        }
        return out;
    }

    /// Padding is one vector for each position, whatever the text before it (S25).
    @Test
    void embedsPaddingByPosition() {
        try (RuDalle model = RuDalle.load(GoldenCase.path("rudalle/plain-v2"), Compute.shared(), Precision.F32)) {
            var shorter = new TextIds(new int[]{2, 3}, 2);
            var longer = new TextIds(new int[]{2, 9, 8, 7, 3, 0, 0, 0}, 8);
            for (int position = 0; position <= 8; position++) {
                float[] one = new float[24];
                float[] other = new float[24];
                model.embedPrompt(shorter, position, new float[24], one, 0);
                model.embedPrompt(longer, position, new float[24], other, 0);
                boolean isSame = position <= 1 || position > 5; // the start token, bos; padding of both
                assertEquals(isSame, Arrays.equals(one, other), "position " + position);
            }
        }
    }

    /// A weight that is no number is found at the layer that it lies in.
    @Test
    void namesImageTokenAndLayerOfNumbersThatAreNotFinite() throws IOException {
        GoldenCopy copy = GoldenCopy.of("rudalle/malevich-tiny", "pytorch_model.bin");
        float[] row = copy.tensors().get("image_embeddings.weight");
        Arrays.fill(row, 7 * 32, 8 * 32, Float.NaN);
        copy.write(folder);
        try (RuDalle model = RuDalle.load(folder, Compute.shared(), Precision.F32)) {
            var text = new TextIds(new int[]{2, 3}, 2);
            Integer[] given = new Integer[model.codeCount()];
            Arrays.fill(given, ImagePrompt.FREE);
            Arrays.fill(given, 0, 5, 1);
            given[4] = 7;
            var request = new CodeRequest(text, text, new Sampling.Greedy(), 1f, 0, new int[]{6},
                    new ImagePrompt(Arrays.asList(given)));
            String message = assertThrows(GenerationException.class, () -> model.generate(request, (_, _) -> true))
                    .getMessage();
            assertTrue(message.contains("image 6, token 5: the numbers of the embedding are not finite"), message);
            int[] picture = new int[model.codeCount()];
            picture[9] = 7;
            message = assertThrows(GenerationException.class,
                    () -> model.perplexities(text, new int[][]{new int[model.codeCount()], picture}, (_, _) -> true))
                    .getMessage();
            assertTrue(message.contains("picture 1, token 10: the numbers of the embedding"), message);
        }
        copy.tensors().get("transformer.layers.5.mlp.dense_4h_to_h.bias")[3] = Float.POSITIVE_INFINITY;
        Arrays.fill(row, 7 * 32, 8 * 32, 0);
        copy.write(folder);
        try (RuDalle model = RuDalle.load(folder, Compute.shared(), Precision.F32)) {
            var text = new TextIds(new int[]{2, 3}, 2);
            var request = new CodeRequest(text, text, new Sampling.Greedy(), 1f, 0, new int[]{4, 5});
            String message = assertThrows(GenerationException.class, () -> model.generate(request, (_, _) -> true))
                    .getMessage();
            assertTrue(message.contains("image 4, token 0: the numbers of layer 5 are not finite"), message);
        }
    }
}
