package io.github.smalti.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.transformer.CodeGenerator;
import io.github.smalti.transformer.CodeGenerators;
import io.github.smalti.transformer.CodeRequest;
import io.github.smalti.transformer.Sampling;
import io.github.smalti.transformer.TextIds;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.PackedTensors;
import io.github.smalti.weights.SafetensorsWriter;
import io.github.smalti.weights.SafetensorsWriter.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// What a model does not read is not in its packed file.
class PackedTensorNamesTest {
    private static final Path PUBLISHED = GoldenCase.path("mindalle/txt2img");
    private static final int POSITIONS = 12 + 6 * 6;

    @TempDir
    private Path folder;

    private static Set<String> names(Path file) {
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            return checkpoint.names().stream().filter(name -> !name.startsWith("smalti.")).collect(Collectors.toSet());
        }
    }

    /// The published checkpoint with a mask (1, 1, positions, positions) in each layer.
    private Path withMasks() throws IOException {
        Path model = Files.createDirectory(folder.resolve("masks"));
        Files.copy(PUBLISHED.resolve("config.yaml"), model.resolve("config.yaml"));
        float[] causal = new float[POSITIONS * POSITIONS];
        for (int i = 0; i < causal.length; i++) causal[i] = i % POSITIONS <= i / POSITIONS ? 1 : 0;
        TensorView mask = TensorView.contiguous(DType.F32, new long[]{1, 1, POSITIONS, POSITIONS},
                Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, causal));
        try (Checkpoint checkpoint = Checkpoints.open(PUBLISHED.resolve("stage2_last.ckpt"))) {
            List<Tensor> tensors = new ArrayList<>();
            for (String name : checkpoint.names()) {
                tensors.add(new Tensor(name, DType.F32, checkpoint.tensor(name)));
                if (name.endsWith("attn.key.weight")) {
                    tensors.add(new Tensor(name.replace("key.weight", "mask"), DType.F32, mask));
                }
            }
            SafetensorsWriter.write(model.resolve("stage2_last.safetensors"), tensors, Map.of());
        }
        return model;
    }

    private static int[][] codes(Path model, Precision precision) {
        try (CodeGenerator generator = CodeGenerators.load(model, Compute.shared(), precision)) {
            var text = new TextIds(Arrays.copyOf(new int[]{1, 5, 9, 2}, generator.textLength()), 4);
            return generator.generate(new CodeRequest(text, text, Sampling.of(1, 0, 1), 1, 7, new int[]{0, 1}),
                    (_, _) -> true);
        }
    }

    private Path pack(Path model, Precision precision) {
        Path packed = folder.resolve("packed");
        Run run = Run.of("convert", model.toString(), packed.toString(), "--packed", "--dtype",
                precision.name().toLowerCase(Locale.ROOT));
        assertEquals(0, run.exit(), run.err());
        return packed;
    }

    private static void assertLeftOut(Set<String> expected, Path file, Path packed) {
        assertTrue(PackedTensors.areIn(packed));
        Set<String> left = new HashSet<>(names(file));
        left.removeAll(names(packed));
        assertEquals(expected, left);
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void masksOfMinDalleAndItsHeadForTextsAreLeftOut(Precision precision) throws IOException {
        Path model = withMasks();
        Path packed = pack(model, precision);
        assertLeftOut(Set.of("blocks.0.attn.mask", "blocks.1.attn.mask", "blocks.2.attn.mask", "head_txt.weight"),
                model.resolve("stage2_last.safetensors"), packed.resolve("stage2_last.safetensors"));
        assertArrayEquals(codes(PUBLISHED, precision), codes(packed, precision));
    }

    /// The mask that tells ruDALL-E's version stays.
    @Test
    void masksOfRuDalleAreLeftOutButForOne() {
        Path model = GoldenCase.path("rudalle/plain-v2");
        Path packed = pack(model, Precision.BF16);
        assertLeftOut(Set.of("transformer.row_mask", "transformer.col_mask"), model.resolve("pytorch_model.bin"),
                packed.resolve("pytorch_model.safetensors"));
        assertArrayEquals(codes(model, Precision.BF16), codes(packed, Precision.BF16));
    }

    @ParameterizedTest
    @CsvSource({"openai/model-statedict.pt, ''",
            "openai/model-torchscript.pt, input_resolution context_length vocab_size",
            "hf/model.safetensors, vision_model.embeddings.position_ids text_model.embeddings.position_ids"})
    void integersOfClipAreLeftOut(String name, String integers) throws IOException {
        Path file = GoldenCase.path("clip/" + name);
        Path model = file.getParent();
        if (name.startsWith("openai")) {
            model = Files.createDirectory(folder.resolve("clip"));
            Files.copy(file, model.resolve(file.getFileName()));
            ConvertTest.writeVocabulary(model, 600);
        }
        Path packed = pack(model, Precision.BF16);
        assertLeftOut(integers.isEmpty() ? Set.of() : Set.of(integers.split(" ")), file,
                packed.resolve("model.safetensors"));
        assertArrayEquals(ConvertTest.embed(model, Precision.BF16), ConvertTest.embed(packed, Precision.BF16));
    }
}
