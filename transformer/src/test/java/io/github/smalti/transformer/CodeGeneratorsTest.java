package io.github.smalti.transformer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Folders of all families, as published and converted, and those that are none.
class CodeGeneratorsTest {
    @TempDir
    private Path folder;

    private static CodeGenerator load(Path folder) {
        return CodeGenerators.load(folder, Compute.shared(), Precision.F32);
    }

    @ParameterizedTest
    @CsvSource({"dalle-mini/mini, DalleBart, TEXT, 12, 4, 4, false",
            "dalle-mini/mini-port, DalleBart, TEXT, 12, 4, 4, false",
            "rudalle/malevich-tiny, RuDalle, TEXT, 10, 6, 6, true", "rudalle/plain-v2, RuDalle, TEXT, 8, 5, 5, true",
            "mindalle/txt2img, MinDalle, TEXT, 12, 6, 6, true", "mindalle/approx-nobias, MinDalle, TEXT, 8, 5, 5, true",
            "mindalle/igpt-class, MinDalle, CLASS, 1, 5, 5, true"})
    void recognisesEveryFamily(String name, String type, PromptKind kind, int textLength, int rows, int cols,
            boolean hasPerplexity) {
        Path path = GoldenCase.path(name);
        try (CodeGenerator model = load(path)) {
            assertEquals(type, model.getClass().getSimpleName());
            assertEquals(kind, model.promptKind());
            assertEquals(textLength, model.textLength());
            assertArrayEquals(new int[]{rows, cols, rows * cols},
                    new int[]{model.gridRows(), model.gridCols(), model.codeCount()});
            assertEquals(hasPerplexity, model.hasPerplexity());
            assertEquals(model.plan(3, true), CodeGenerators.plan(path, Precision.F32, 3, true),
                    "the same before and after loading");
        }
    }

    @Test
    void dalleMiniHasNoPerplexity() {
        try (CodeGenerator model = load(GoldenCase.path("dalle-mini/mini"))) {
            var text = new TextIds(new int[]{0, 2}, 2);
            assertThrows(UnsupportedOperationException.class,
                    () -> model.perplexities(text, new int[1][model.codeCount()], (_, _) -> true));
        }
    }

    @Test
    void gridsAreAsSquareAsTheirCodesAllow() {
        assertEquals(new Grid(16, 16), Grid.of(256));
        assertEquals(new Grid(3, 4), Grid.of(12));
        assertEquals(new Grid(1, 7), Grid.of(7));
        assertEquals(new Grid(1, 1), Grid.of(1));
    }

    /// The same tensors give the same bits from another format.
    @ParameterizedTest
    @CsvSource({"rudalle/malevich-tiny, pytorch_model.bin", "mindalle/igpt-class, stage2_last.ckpt"})
    void readsConvertedCheckpoints(String name, String file) throws IOException {
        GoldenCopy.of(name, file).write(folder);
        try (CodeGenerator original = load(GoldenCase.path(name)); CodeGenerator converted = load(folder)) {
            var text = new TextIds(new int[original.textLength()], original.textLength());
            var request = new CodeRequest(text, text, new Sampling.Random(1f, 0, 1f), 1f, 3, new int[]{0, 1});
            assertTrue(Arrays.deepEquals(original.generate(request, (_, _) -> true),
                    converted.generate(request, (_, _) -> true)));
        }
    }

    @Test
    void takesIgptWithoutClasses() throws IOException {
        GoldenCopy copy = GoldenCopy.of("mindalle/igpt-class", "stage2_last.ckpt");
        float[] third = Arrays.copyOfRange(copy.tensors().remove("sos.weight"), 3 * 24, 4 * 24);
        copy.put("sos", third, 1, 1, 24);
        copy.write(folder);
        edit("config.yaml", "use_cls_cond: True", "use_cls_cond: False");
        edit("config.yaml", "n_classes: 7", "n_classes: null");
        try (CodeGenerator classes = load(GoldenCase.path("mindalle/igpt-class")); CodeGenerator one = load(folder)) {
            assertEquals(PromptKind.NONE, one.promptKind());
            assertEquals(1, one.textLength());
            assertArrayEquals(greedy(classes, 3), greedy(one, 0), "its start token is class 3's");
            assertTrue(assertThrows(GenerationException.class, () -> greedy(one, 1)).getMessage()
                    .contains("takes no prompt"));
        }
    }

    private static int[] greedy(CodeGenerator model, int id) {
        var prompt = new TextIds(new int[]{id}, 1);
        return model.generate(new CodeRequest(prompt, prompt, new Sampling.Greedy(), 1f, 0, new int[]{0}),
                (_, _) -> true)[0];
    }

    private void edit(String file, String from, String to) throws IOException {
        String text = Files.readString(folder.resolve(file));
        assertTrue(text.contains(from), file + " has no " + from);
        Files.writeString(folder.resolve(file), text.replace(from, to));
    }

    private void copy(String model) throws IOException {
        try (var files = Files.newDirectoryStream(GoldenCase.path(model), Files::isRegularFile)) {
            for (Path file : files) Files.copy(file, folder.resolve(file.getFileName()));
        }
    }

    private void assertRefused(String... mentions) throws IOException {
        var e = assertThrows(WeightsException.class, () -> load(folder).close());
        for (String mention : mentions) assertTrue(e.getMessage().contains(mention), mention + " in " + e.getMessage());
        assertTrue(e.getMessage().length() < 2000);
        Path maps = Path.of("/proc/self/maps");
        if (!Files.exists(maps)) return;
        assertFalse(Files.readString(maps).contains(folder.toRealPath().toString()), "a file stayed mapped");
    }

    @Test
    void saysWhatAnEmptyFolderLacks() throws IOException {
        assertRefused(folder.toString(), "flax_model.msgpack", "pytorch_model.bin", "stage2_last.ckpt");
        assertThrows(WeightsException.class, () -> CodeGenerators.plan(folder, Precision.F32, 1, false));
        assertThrows(WeightsException.class, () -> RuDalle.load(folder, Compute.shared(), Precision.F32));
        assertThrows(WeightsException.class, () -> MinDalle.load(folder, Compute.shared(), Precision.F32));
    }

    @Test
    void refusesMinDalleFoldersThatContradictTheirConfiguration() throws IOException {
        copy("mindalle/approx-nobias");
        Files.move(folder.resolve("config.yaml"), folder.resolve("other"));
        assertRefused("config.yaml");
        Files.move(folder.resolve("other"), folder.resolve("config.yaml"));
        edit("config.yaml", "n_layers: 2", "n_layers: 1");
        assertRefused("n_dense_layers");
        edit("config.yaml", "n_dense_layers: 2", "n_dense_layers: 1");
        assertRefused("stage2_last.ckpt", "blocks.1.ln1.weight", "1 layers", "n_layers");
        edit("config.yaml", "layers: 1", "layers: 3");
        assertRefused("stage2_last.ckpt", "layers.2.attention_norm");
        edit("config.yaml", "layers: 3", "layers: 2");
        edit("config.yaml", "n_heads: 2", "n_heads: 5");
        assertRefused("n_heads", "divisor of embed_dim 24");
        edit("config.yaml", "n_heads: 5", "n_heads: 2");
        edit("config.yaml", "vocab_size_img: 30", "vocab_size_img: 31");
        assertRefused("head.weight", "(31, 24)", "(30, 24)");
        edit("config.yaml", "vocab_size_img: 31", "vocab_size_img: 30");
        edit("config.yaml", "type: transformer1d", "type: transformer2d");
        assertRefused("stage2.type", "transformer2d");
        edit("config.yaml", "type: transformer2d", "type: igpt");
        assertRefused("tok_emb_txt.weight", "no texts");
    }

    @Test
    void refusesBiasesThatTheConfigurationLeavesOut() throws IOException {
        copy("mindalle/txt2img");
        edit("config.yaml", "attn_bias: True", "attn_bias: False");
        assertRefused("blocks.0.attn.query.bias", "attn_bias");
        edit("config.yaml", "attn_bias: False", "attn_bias: True");
        edit("config.yaml", "mlp_bias: True", "mlp_bias: False");
        assertRefused("blocks.0.mlp.0.bias", "mlp_bias");
    }
}
