package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.DType;
import io.github.smalti.core.TensorView;
import io.github.smalti.golden.GoldenCase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Checkpoints as the families publish them.
class PublishedLayoutsTest {
    @TempDir
    private Path folder;

    private static void assertSame(Checkpoint expected, Checkpoint found) {
        assertEquals(expected.names().stream().sorted().toList(), found.names().stream().sorted().toList());
        for (String name : expected.names()) {
            TensorView want = expected.tensor(name);
            TensorView got = found.tensor(name);
            assertEquals(want.toString(), got.toString(), name);
            assertArrayEquals(want.toFloats(), got.toFloats(), name);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"encoder", "decoder"})
    void pickledModulesOfBothAgesHoldTheStateDict(String side) {
        Path dvae = GoldenCase.path("openai-dvae/b");
        try (Checkpoint plain = Checkpoints.open(dvae.resolve(side + ".safetensors"));
                Checkpoint zip = Checkpoints.open(dvae.resolve(side + ".pkl"));
                Checkpoint legacy = Checkpoints.open(dvae.resolve(side + "-legacy.pkl"))) {
            assertSame(plain, zip);
            assertSame(plain, legacy);
            assertEquals("OpenAI dVAE", CheckpointFamily.of(zip.names()).name());
        }
        CheckpointDescription found = Checkpoints.describe(dvae.resolve(side + ".pkl"));
        assertEquals("", found.refusal());
        String type = side.equals("encoder") ? "dall_e.encoder.Encoder" : "dall_e.decoder.Decoder";
        assertTrue(found.globals().contains(new CheckpointDescription.Global(type, "inert")), found.globals() + "");
    }

    @ParameterizedTest
    @CsvSource({"mindalle/approx-nobias, minDALL-E transformer, tok_emb_txt.weight, 400, 24",
            "mindalle/igpt-class, minDALL-E transformer (by class), sos.weight, 7, 24",
            "rudalle/plain-v2, ruDALL-E transformer, image_row_embeddings.weight, 5, 24",
            "clip-resnet/openai/model-torchscript.pt, 'CLIP (OpenAI, ResNet)', token_embedding.weight, 300, 64"})
    void foldersOfEachFamily(String name, String family, String tensor, long rows, long columns) {
        try (Checkpoint checkpoint = Checkpoints.open(GoldenCase.path(name))) {
            assertEquals(family, CheckpointFamily.of(checkpoint.names()).name());
            assertArrayEquals(new long[]{rows, columns}, checkpoint.tensor(tensor).shape());
            for (String each : checkpoint.names()) {
                TensorView view = checkpoint.tensor(each);
                if (!view.dtype().isFloat()) continue;
                for (float value : view.toFloats()) assertTrue(Float.isFinite(value), each);
            }
        }
    }

    @Test
    void torchScriptKeepsBatchNormsStatistics() {
        try (Checkpoint resnet = Checkpoints.open(GoldenCase.path("clip-resnet/openai/model-torchscript.pt"))) {
            assertEquals(DType.F16, resnet.tensor("visual.layer1.0.conv1.weight").dtype());
            assertTrue(resnet.has("visual.bn1.running_mean") && resnet.has("visual.attnpool.c_proj.weight"));
        }
    }

    @Test
    void ofAFolderTheCheckpointWithoutAKnownNameMustBeTheOnlyOne() throws IOException {
        Path dvae = GoldenCase.path("openai-dvae/b");
        String message = assertThrows(WeightsException.class, () -> Checkpoints.open(dvae)).getMessage();
        assertTrue(message.contains("found 6") && message.contains("encoder-legacy.pkl"), message);
        Files.copy(dvae.resolve("encoder.pkl"), folder.resolve("encoder.pkl"));
        Files.writeString(folder.resolve("config.json"), "{}");
        try (Checkpoint only = Checkpoints.open(folder)) {
            assertEquals("encoder.pkl", only.file());
        }
    }

    /// The archive again, as a zip tool would have packed it.
    private Path deflated(Path source) throws IOException {
        Path file = folder.resolve("deflated.pt");
        try (var in = new ZipFile(source.toFile()); var out = new ZipOutputStream(Files.newOutputStream(file))) {
            for (Enumeration<? extends ZipEntry> all = in.entries(); all.hasMoreElements();) {
                ZipEntry entry = all.nextElement();
                out.putNextEntry(new ZipEntry(entry.getName()));
                in.getInputStream(entry).transferTo(out);
                out.closeEntry();
            }
        }
        return file;
    }

    @ParameterizedTest
    @ValueSource(strings = {"clip-resnet/openai/model-torchscript.pt", "openai-dvae/b/encoder.pkl",
            "vqgan/f4-attn/last.ckpt"})
    void deflatedArchivesHoldTheSame(String name) throws IOException {
        Path source = GoldenCase.path(name);
        Path packed = deflated(source);
        assertTrue(Files.size(packed) < Files.size(source));
        try (Checkpoint stored = Checkpoints.open(source); Checkpoint inflated = Checkpoints.open(packed)) {
            assertSame(stored, inflated);
        }
        try (Checkpoint small = Checkpoints.open(GoldenCase.path("bad-files/torch/deflated.pt"))) {
            assertArrayEquals(new float[]{0, 1, 2, 3, 4, 5}, small.tensor("w").toFloats());
        }
    }

    private void assertRefused(Path file, ReadLimits limits, String mention) {
        String message = assertThrows(WeightsException.class, () -> Checkpoints.open(file, limits)).getMessage();
        assertTrue(message.contains(mention), message);
    }

    @Test
    void inflatesWithinTheLimits() throws IOException {
        Path packed = deflated(GoldenCase.path("openai-dvae/b/encoder.pkl"));
        assertRefused(packed, ReadLimits.DEFAULT.withInflatedBytes(50_000), "inflate to more than 50000 bytes");
        assertRefused(packed, ReadLimits.DEFAULT.withPickleBytes(100), "at most 100");
        Path bomb = GoldenCase.path("bad-files/torch/zip-bomb.pt");
        assertRefused(bomb, ReadLimits.DEFAULT, "may be hostile");
    }

    @Test
    void refusesDeflatedEntriesThatAreNotWhatTheySay() throws IOException {
        Path packed = deflated(GoldenCase.path("openai-dvae/b/encoder.pkl"));
        byte[] good = Files.readAllBytes(packed);
        int changed = 0;
        for (int at = 200; at < good.length - 5000; at += 9973) {
            byte[] bad = good.clone();
            bad[at] ^= 0x10;
            Path file = Files.write(folder.resolve("bad.pt"), bad);
            var e = assertThrows(WeightsException.class, () -> Checkpoints.open(file), "byte " + at);
            assertFalse(e.getMessage().isEmpty());
            changed++;
        }
        assertTrue(changed > 10, changed + " places");
        assertEquals(List.of("bad.pt", "deflated.pt"),
                List.of(folder.toFile().list()).stream().sorted().toList());
    }
}
