package io.github.smalti.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Precision;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.tokenizer.TokenizerException;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WrongFilesTest {
    private static final Path SCENES = GoldenCase.embeddedModels().resolve("emoji-scenes/clip");

    @TempDir
    private Path folder;

    private void copy(String... names) throws IOException {
        for (String name : names) Files.copy(SCENES.resolve(name), folder.resolve(name));
    }

    private void copyScenes() throws IOException {
        copy("model.safetensors", "config.json", "vocab.json", "merges.txt", "preprocessor_config.json");
    }

    private void replace(String file, String from, String to) throws IOException {
        String text = Files.readString(folder.resolve(file));
        assertTrue(text.contains(from), from);
        Files.writeString(folder.resolve(file), text.replace(from, to));
    }

    private Clip load() { return Clip.load(folder, TestPictures.SCALAR, Precision.F32); }

    private void assertRefused(String... parts) {
        String message = assertThrows(WeightsException.class, this::load).getMessage();
        for (String part : parts) assertTrue(message.contains(part), message + "\nlacks " + part);
        assertTrue(message.length() < 2000);
    }

    @Test
    void checkpointOfOpenAiLoadsWithVocabularyBeside() throws IOException {
        copy("vocab.json", "merges.txt");
        SafetensorsWriter.openAi().write(folder.resolve("tiny.pt"));
        try (Clip clip = load()) {
            assertEquals("ViT-64/16@32", clip.name());
            assertEquals(1, clip.logitScale());
            assertArrayEquals(new float[8], clip.embedTexts(List.of("a cat"))[0]);
            assertEquals(1, clip.cutParts(List.of("a cat with a hat and a dog in the snow")).size());
        }
    }

    @Test
    void checkpointOfOpenAiNeedsItsVocabulary() throws IOException {
        SafetensorsWriter.openAi().write(folder.resolve("tiny.pt"));
        assertThrows(TokenizerException.class, this::load);
    }

    @Test
    void checkpointOfAResNetLoadsWithVocabularyBeside() throws IOException {
        copy("vocab.json", "merges.txt");
        SafetensorsWriter.openAiResNet().write(folder.resolve("RN.pt"));
        try (Clip clip = load()) {
            assertEquals("RN-2/1-1-1-1@32", clip.name());
            assertEquals(8, clip.embeddingSize());
            assertArrayEquals(new float[8], clip.embedTexts(List.of("a cat"))[0]);
        }
    }

    @Test
    void refusesResNetsThatContradictThemselves() throws IOException {
        SafetensorsWriter.openAiResNet().with("visual.layer1.0.conv1.weight", 3, 2, 1, 1)
                .write(folder.resolve("RN.pt"));
        assertRefused("RN.pt", "layer1.0.conv1.weight", "even width", "3");
        SafetensorsWriter.openAiResNet().with("visual.layer1.0.conv1.weight", 514, 2, 1, 1)
                .write(folder.resolve("RN.pt"));
        assertRefused("RN.pt", "layer1.0.conv1.weight", "1 to 256");
        SafetensorsWriter.openAiResNet().with("visual.layer1.0.conv1.weight", 4, 2, 1, 1)
                .write(folder.resolve("RN.pt"));
        assertRefused("visual.conv1.weight", "(2, 3, 3, 3)", "(1, 3, 3, 3)");
        SafetensorsWriter.openAiResNet().with("visual.attnpool.positional_embedding", 3, 64)
                .write(folder.resolve("RN.pt"));
        assertRefused("visual.attnpool.positional_embedding", "square", "3 positions");
        SafetensorsWriter.openAiResNet().with("visual.attnpool.positional_embedding", 5, 64)
                .write(folder.resolve("RN.pt"));
        assertThrows(TokenizerException.class, this::load, "sizes follow from the positions");
        SafetensorsWriter.openAiResNet().without("visual.layer3.0.conv1.weight").write(folder.resolve("RN.pt"));
        assertRefused("visual.layer3", "1 to 256 bottlenecks", "found 0");
        SafetensorsWriter.openAiResNet().without("visual.layer4.0.downsample.0.weight").write(folder.resolve("RN.pt"));
        assertRefused("visual.layer4.0.downsample.0.weight");
        SafetensorsWriter.openAiResNet().with("visual.bn2.running_var", 2).write(folder.resolve("RN.pt"));
        assertRefused("visual.bn2.running_var", "(1)", "(2)");
    }

    @Test
    void refusesCheckpointOfAnotherFamily() throws IOException {
        new SafetensorsWriter().with("encoder.weight", 2, 2).write(folder.resolve("model.safetensors"));
        assertRefused("model.safetensors", "visual.conv1.weight");
    }

    @Test
    void refusesShapesThatContradictEachOther() throws IOException {
        String in = "visual.transformer.resblocks.0.mlp.c_fc.weight";
        SafetensorsWriter.openAi().with(in, 255, 64).write(folder.resolve("tiny.pt"));
        assertRefused("fc1.weight", "(256, 64)", "(255, 64)");
        SafetensorsWriter.openAi().with("visual.positional_embedding", 6, 64).write(folder.resolve("tiny.pt"));
        assertRefused("visual.positional_embedding", "square", "6 positions");
        SafetensorsWriter.openAi().with("ln_final.weight", 65).write(folder.resolve("tiny.pt"));
        assertRefused("final_layer_norm.weight", "multiple of 64", "65");
        SafetensorsWriter.openAi().with("visual.conv1.weight", 64, 16).write(folder.resolve("tiny.pt"));
        assertRefused("patch_embedding.weight", "rank 4", "(64, 16)");
        SafetensorsWriter.openAi().with("logit_scale", 2).write(folder.resolve("tiny.pt"));
        assertRefused("logit_scale", "one number", "(2)");
        SafetensorsWriter.openAi().without("visual.proj").write(folder.resolve("tiny.pt"));
        assertRefused("visual.proj");
        SafetensorsWriter.openAi().without("transformer.resblocks.0.ln_1.weight").write(folder.resolve("tiny.pt"));
        assertRefused("1 to 256 layers", "found 0");
    }

    @Test
    void refusesConfigurationOfAnotherCheckpoint() throws IOException {
        copyScenes();
        replace("config.json", "\"max_position_embeddings\": 32", "\"max_position_embeddings\": 77");
        assertRefused("text_model.embeddings.position_embedding.weight", "model.safetensors", "(77, 96)", "(32, 96)");
    }

    @Test
    void refusesConfigurationThatNoClipHas() throws IOException {
        copyScenes();
        replace("config.json", "\"hidden_act\": \"quick_gelu\"", "\"hidden_act\": \"relu\"");
        assertRefused("config.json", "hidden_act", "relu");
        replace("config.json", "\"hidden_act\": \"relu\"", "\"hidden_act\": \"gelu\"");
        replace("config.json", "\"patch_size\": 8", "\"patch_size\": 7");
        assertRefused("patch size", "64", "7");
        replace("config.json", "\"patch_size\": 7", "\"patch_size\": 8");
        replace("config.json", "\"num_attention_heads\": 4", "\"num_attention_heads\": 5");
        assertRefused("heads", "96", "5");
        replace("config.json", "\"num_attention_heads\": 5", "\"num_attention_heads\": 2000000000");
        assertRefused("num_attention_heads");
        replace("config.json", "\"num_attention_heads\": 2000000000", "\"num_attention_heads\": 4");
        replace("config.json", "\"layer_norm_eps\": 1e-05", "\"layer_norm_eps\": -1");
        assertRefused("layer_norm_eps");
    }

    @Test
    void exactGeluIsReadFromTheConfiguration() throws IOException {
        copyScenes();
        float[] quick;
        try (Clip clip = load()) {
            quick = clip.embedTexts(List.of("a cat"))[0];
        }
        replace("config.json", "\"hidden_act\": \"quick_gelu\"", "\"hidden_act\": \"gelu\"");
        try (Clip clip = load()) {
            float[] exact = clip.embedTexts(List.of("a cat"))[0];
            double distance = Math.sqrt(2 - 2 * Embeddings.dot(quick, exact));
            assertTrue(distance > 1e-3 && distance < 0.1, "distance " + distance);
        }
    }

    @Test
    void refusesPreprocessingThatIsNotClips() throws IOException {
        copyScenes();
        replace("preprocessor_config.json", "\"resample\": 3", "\"resample\": 2");
        assertRefused("preprocessor_config.json", "resample", "2");
        replace("preprocessor_config.json", "\"resample\": 2", "\"do_resize\": false, \"resample\": 3");
        assertRefused("do_resize");
        Files.writeString(folder.resolve("preprocessor_config.json"), "{\"size\": {\"shortest_edge\": 224}}");
        assertRefused("size", "64", "224");
        Files.writeString(folder.resolve("preprocessor_config.json"), "{\"image_std\": [1, 1, 0]}");
        assertRefused("image_std");
        Files.writeString(folder.resolve("preprocessor_config.json"), "{\"image_mean\": [1, 1]}");
        assertRefused("image_mean", "3 numbers");
        Files.writeString(folder.resolve("preprocessor_config.json"), "{\"size\": ");
        assertRefused("preprocessor_config.json");
        Files.writeString(folder.resolve("preprocessor_config.json"),
                "{\"size\": {\"shortest_edge\": 64}, \"crop_size\": {\"height\": 64, \"width\": 64}}");
        try (Clip clip = load()) {
            assertEquals("ViT-128/8@64", clip.name());
        }
    }

    @Test
    void refusesVocabularyThatIsTooLarge() throws IOException {
        copy("model.safetensors", "config.json");
        for (String name : List.of("vocab.json", "merges.txt")) {
            Files.copy(GoldenCase.path("clip/hf").resolve(name), folder.resolve(name));
        }
        assertRefused("token_embedding", "49408", "2114");
    }

    @Test
    void refusesFolderWithoutOneClearFile() throws IOException {
        assertRefused("model.safetensors", "found 0");
        SafetensorsWriter.openAi().write(folder.resolve("a.pt"));
        SafetensorsWriter.openAi().write(folder.resolve("b.pt"));
        assertRefused("found 2");
    }
}
