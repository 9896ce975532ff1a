package io.github.smalti.bench.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.DType;
import io.github.smalti.core.TensorView;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.CheckpointDescription;
import io.github.smalti.weights.Checkpoints;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Random checkpoints have the names, shapes and sizes of the published ones.
class RandomCheckpointTest {
    private static final Path GOLDEN = Path.of(System.getProperty("smalti.golden"));
    static final RandomDalleBart TINY_BART = new RandomDalleBart(32, 4, 43, 2, 120, 64, 64, 16, 12);

    @Test
    void dalleBartHasTheNamesAndShapesOfItsReference() {
        assertSameTensors(GOLDEN.resolve("dalle-mini/mini/flax_model.msgpack"), TINY_BART.tensors(DType.F32));
    }

    @Test
    void megaHasTheNamesShapesAndTypesOfItsReference() {
        var mega = new RandomDalleBart(48, 6, 80, 3, 136, 95, 64, 25, 16);
        assertSameTensors(GOLDEN.resolve("dalle-mini/mega-fp16/flax_model.msgpack"), mega.tensors(DType.F16));
    }

    @Test
    void vqganHasTheNamesAndShapesOfItsReference() {
        var vqgan = new RandomVqgan(64, 32, List.of(1, 1, 1, 1, 2), 1, List.of(4), 24, 16, 64);
        assertSameTensors(GOLDEN.resolve("vqgan/f16/flax_model.msgpack"), vqgan.tensors(DType.F32));
    }

    @Test
    void openAisDvaeHasTheNamesAndShapesOfItsReference() {
        var dvae = new RandomOpenAiDvae(8, 2, 12, 96);
        assertSameTensors(GOLDEN.resolve("openai-dvae/b/decoder.pkl"), dvae.decoderTensors(DType.F32));
        assertSameTensors(GOLDEN.resolve("openai-dvae/b/encoder.pkl"), dvae.encoderTensors(DType.F32));
    }

    @Test
    void clipHasTheNamesAndShapesOfItsReference() {
        var clip = new RandomClip(new RandomClip.Tower(12, 2, 3), 77, 49408, new RandomClip.Tower(40, 2, 5), 40, 8, 20);
        assertSameTensors(GOLDEN.resolve("clip/hf/model.safetensors"), clip.tensors(DType.F32));
    }

    @Test
    void clipResNetHasTheNamesAndShapesOfItsReference() {
        var clip = new RandomClipResNet(8, List.of(1, 2, 1, 1), 64, new RandomClip.Tower(64, 1, 1), 16, 300, 24);
        Path file = GOLDEN.resolve("clip-resnet/openai/model-statedict.pt");
        assertSameTensors(file, clip.tensors(DType.F32));
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            assertEquals(clip, RandomClipResNet.of(checkpoint));
        }
    }

    @Test
    void ruDalleHasTheNamesAndShapesOfItsReference() {
        assertSameTensors(GOLDEN.resolve("rudalle/malevich-tiny/pytorch_model.bin"),
                new RandomRuDalle(32, 8, 90, 10, 60, 6).tensors(DType.F32));
    }

    @Test
    void minDalleHasTheNamesAndShapesOfItsReference() {
        assertSameTensors(GOLDEN.resolve("mindalle/txt2img/stage2_last.ckpt"),
                new RandomMinDalle(32, 4, 3, 400, 12, 48, 36).tensors(DType.F32));
    }

    private static void assertSameTensors(Path file, List<RandomTensor> tensors) {
        Map<String, String> left = new TreeMap<>();
        for (CheckpointDescription.Tensor tensor : Checkpoints.describe(file).tensors()) {
            if (tensor.name().endsWith("_mask")) continue; // buffers that follow from the sizes
            left.put(tensor.name(), tensor.dtype() + Arrays.toString(tensor.shape()));
        }
        // the reference's writer has no scalars; the published file's is one
        left.replace("logit_scale", "F32[1]", "F32[]");
        for (RandomTensor tensor : tensors) {
            assertEquals(left.remove(tensor.name()), tensor.dtype() + Arrays.toString(tensor.shape()), tensor.name());
        }
        assertEquals(Map.of(), left, "tensors that the reference has and we lack");
    }

    /// The figures of the published files: DALL·E mini 437.8 M, mega 2,587.5 M, dVAE 43.83 M and 53.79 M, ViT-B/32 151.28 M,
    /// ViT-L/14 427.62 M, RN50 102.01 M.
    @Test
    void publishedSizesHaveThePublishedNumberOfParameters() {
        assertEquals(437_833_712L, RandomDalleBart.MINI.parameterCount());
        assertEquals(2_587_521_024L, RandomDalleBart.MEGA.parameterCount());
        assertEquals(1_310_410_880L, RandomRuDalle.XL.parameterCount());
        assertEquals(1_291_081_728L, RandomMinDalle.PUBLISHED.parameterCount());
        long vqganDecoder = 42_515_587;
        long vqganEncoder = 29_363_968;
        assertEquals(vqganDecoder + vqganEncoder + 16384L * 256, RandomVqgan.F16_16384.parameterCount());
        long gumbelDecoder = 38_381_955 + 8192L * 256;
        long gumbelEncoder = 26_411_520 + 8192L * 257;
        assertEquals(gumbelDecoder + gumbelEncoder, RandomGumbelVqgan.F8_8192.parameterCount());
        assertEquals(43_829_766 + 53_786_240, RandomOpenAiDvae.PUBLISHED.parameterCount());
        long logitScale = 1;
        assertEquals(87_849_216 + 63_428_096 + logitScale, RandomClip.B32.parameterCount());
        assertEquals(303_966_208 + 123_650_304 + logitScale, RandomClip.L14.parameterCount());
        long statistics = 0; // buffers of the batch norms, which are no parameters
        for (RandomTensor tensor : RandomClipResNet.RN50.tensors(DType.F32)) {
            if (tensor.name().contains(".running_")) statistics += tensor.count();
        }
        assertEquals(38_316_896 + 63_690_240 + logitScale, RandomClipResNet.RN50.parameterCount() - statistics);
    }

    @Test
    void miniSplitsIntoEncoderAndDecoderAsPublished() {
        long encoder = 0;
        for (RandomTensor tensor : RandomDalleBart.MINI.tensors(DType.F16)) {
            if (tensor.name().startsWith("model/encoder/")) encoder += tensor.count();
        }
        assertEquals(202_591_224L, encoder);
    }

    @Test
    void noArrayReachesTheSizeThatFlaxCuts() {
        for (RandomTensor tensor : RandomDalleBart.MEGA.tensors(DType.F32)) {
            assertTrue(tensor.byteSize() < 1L << 30, tensor.name());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16"})
    void numbersHaveTheirMeanAndDeviation(DType dtype, @TempDir Path folder) throws Exception {
        var tensor = new RandomTensor("a/scale", dtype, 1, 0.25, 101, 333);
        RandomFile.writeFlax(folder.resolve("x"), List.of(tensor), 7, (_, _) -> {});
        try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("x"))) {
            TensorView view = checkpoint.tensor("a/scale");
            assertEquals(dtype, view.dtype());
            float[] values = view.toFloats();
            double mean = 0;
            double square = 0;
            for (float value : values) mean += value / values.length;
            for (float value : values) square += (value - mean) * (value - mean) / values.length;
            assertEquals(1, mean, 0.01);
            assertEquals(0.25, Math.sqrt(square), 0.01);
        }
    }

    @Test
    void theSameSeedWritesTheSameFileAndAnotherAnother(@TempDir Path folder) throws Exception {
        for (long seed : new long[]{1, 1, 2}) {
            Path place = Files.createDirectories(folder.resolve(seed + "-" + Files.exists(folder.resolve("1-false"))));
            TINY_BART.write(place, DType.F16, seed, (_, _) -> {});
        }
        Path first = folder.resolve("1-false").resolve("flax_model.msgpack");
        assertEquals(-1, Files.mismatch(first, folder.resolve("1-true").resolve("flax_model.msgpack")));
        assertNotEquals(-1, Files.mismatch(first, folder.resolve("2-true").resolve("flax_model.msgpack")));
    }

    @Test
    void tensorsOfOneFileDiffer(@TempDir Path folder) throws Exception {
        RandomClip.Tower tower = new RandomClip.Tower(64, 1, 1);
        new RandomClip(tower, 8, 100, tower, 32, 16, 16).write(folder, DType.F32, 1, (_, _) -> {});
        try (Checkpoint checkpoint = Checkpoints.open(folder.resolve("model.safetensors"))) {
            String layer = "text_model.encoder.layers.0.self_attn.";
            float[] q = checkpoint.tensor(layer + "q_proj.weight").toFloats();
            assertFalse(Arrays.equals(q, checkpoint.tensor(layer + "k_proj.weight").toFloats()));
            assertEquals(7, checkpoint.tensor("text_model.embeddings.position_ids").at(0, 7));
        }
    }

    @Test
    void theListenerHearsOfEveryByteAndNoPartStays(@TempDir Path folder) throws Exception {
        var most = new java.util.concurrent.atomic.AtomicLong();
        Path file = folder.resolve("x.safetensors");
        var tensor = new RandomTensor("big", DType.F32, 0, 1, 3, 1 << 20);
        RandomFile.writeSafetensors(file, List.of(tensor), 1, (done, _) -> most.accumulateAndGet(done, Math::max));
        assertEquals(Files.size(file), most.get());
        try (var files = Files.list(folder)) {
            assertEquals(List.of(file), files.toList());
        }
    }
}
