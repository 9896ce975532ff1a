package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.Precision;
import io.github.smalti.golden.GoldenCase;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointsTest {
    private static Checkpoint open(String name) { return Checkpoints.open(GoldenCase.path(name)); }

    @Test
    void chunkedArraysEqualWholeOnes() {
        try (Checkpoint whole = open("dalle-mini/mini/flax_model.msgpack");
                Checkpoint chunked = open("dalle-mini/mini-chunked/flax_model.msgpack")) {
            assertEquals(whole.names().size(), chunked.names().size());
            for (String name : whole.names()) {
                assertArrayEquals(whole.tensor(name).shape(), chunked.tensor(name).shape(), name);
                assertArrayEquals(whole.tensor(name).toFloats(), chunked.tensor(name).toFloats(), name);
            }
        }
    }

    @Test
    void theSameWeightsFromFlaxAndFromPyTorch() {
        try (Checkpoint flax = open("vqgan/f4-attn/flax_model.msgpack");
                Checkpoint torch = open("vqgan/f4-attn/last.ckpt")) {
            assertArrayEquals(flax.tensor("decoder/conv_in/kernel").permute(3, 2, 0, 1).toFloats(),
                    torch.tensor("decoder.conv_in.weight").toFloats());
            assertArrayEquals(flax.tensor("quantize/embedding/embedding").toFloats(),
                    torch.tensor("quantize.embedding.weight").toFloats());
        }
        try (Checkpoint flax = open("dalle-mini/mini/flax_model.msgpack");
                Checkpoint torch = open("dalle-mini/mini-port/decoder_mini.pt")) {
            assertArrayEquals(flax.tensor("lm_head/kernel").permute(1, 0).toFloats(),
                    torch.tensor("lm_head.weight").toFloats());
        }
    }

    @Test
    void halfPrecisionKeepsItsType() {
        try (Checkpoint mega = open("dalle-mini/mega-fp16/flax_model.msgpack");
                Checkpoint brain = open("dalle-mini/mini-bf16/flax_model.msgpack")) {
            assertEquals(DType.F16, mega.tensor("lm_head/kernel").dtype());
            assertEquals(DType.BF16, brain.tensor("lm_head/kernel").dtype());
        }
    }

    @ParameterizedTest
    @CsvSource({"version https://git-lfs.github.com/spec/v1, git lfs pull", "<!DOCTYPE html><html>, web page",
            "hello world, known format"})
    void saysWhatAForeignFileIs(String content, String mention, @TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("model.safetensors"), content);
        var e = assertThrows(WeightsException.class, () -> Checkpoints.open(file));
        assertTrue(e.getMessage().contains(mention) && e.getMessage().contains("model.safetensors"), e.getMessage());
    }

    @Test
    void saysWhatIsMissing(@TempDir Path folder) {
        Path file = folder.resolve("none.pt");
        var missing = assertThrows(WeightsException.class, () -> Checkpoints.open(file));
        assertTrue(missing.getMessage().contains("no such file"), missing.getMessage());
        var isFolder = assertThrows(WeightsException.class, () -> Checkpoints.open(folder));
        assertTrue(isFolder.getMessage().contains("checkpoint in this folder, found none"), isFolder.getMessage());
    }

    @Test
    void wrongShapesNameEverything() {
        try (var weights = new Weights(open("dalle-mini/mini/flax_model.msgpack"),
                n -> TensorLocation.of(n.replace('.', '/')), Compute.shared(), Precision.F32)) {
            var e = assertThrows(WeightsException.class,
                    () -> weights.in("model.encoder").tensor("embed_tokens.embedding", 120, 64));
            for (String part : List.of("model.encoder.embed_tokens.embedding", "flax_model.msgpack", "(120, 64)",
                    "(120, 32) f32")) {
                assertTrue(e.getMessage().contains(part), e.getMessage());
            }
        }
    }

    @Test
    void closedCheckpointsThrowAndLeaveNoFilesOpen() {
        Checkpoint checkpoint = open("dalle-mini/mini/flax_model.msgpack");
        var tensor = checkpoint.tensor("lm_head/kernel");
        checkpoint.close();
        checkpoint.close();
        assertThrows(IllegalStateException.class, tensor::toFloats);
        File[] before = new File("/proc/self/fd").listFiles();
        for (int i = 0; i < 200; i++) open("dalle-mini/mini/flax_model.msgpack").close();
        File[] after = new File("/proc/self/fd").listFiles();
        if (before != null && after != null)
            assertTrue(after.length <= before.length + 5, after.length + " files open");
    }

    @Test
    void describesEvilPicklesWithoutFailing() {
        var good = Checkpoints.describe(GoldenCase.path("vqgan/f4-attn/last.ckpt"));
        assertFalse(good.tensors().isEmpty());
        assertEquals("", good.refusal());
        Path evil = GoldenCase.path("bad-files/torch");
        File[] files = evil.toFile().listFiles((_, name) -> name.startsWith("evil-"));
        assertTrue(files != null && files.length > 5);
        int refused = 0;
        for (File file : files) {
            var description = Checkpoints.describe(file.toPath());
            if (!description.refusal().isEmpty()) refused++;
        }
        assertTrue(refused > files.length / 2, refused + " of " + files.length);
    }
}
