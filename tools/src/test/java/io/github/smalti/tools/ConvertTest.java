package io.github.smalti.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.smalti.clip.Clip;
import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Raster;
import io.github.smalti.dvae.CodecOptions;
import io.github.smalti.dvae.ImageCodec;
import io.github.smalti.dvae.ImageCodecs;
import io.github.smalti.dvae.Vqgan;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.pipeline.ImageFiles;
import io.github.smalti.pipeline.ModelPaths;
import io.github.smalti.transformer.CodeGenerator;
import io.github.smalti.transformer.CodeGenerators;
import io.github.smalti.transformer.CodeRequest;
import io.github.smalti.transformer.DalleBart;
import io.github.smalti.transformer.Sampling;
import io.github.smalti.transformer.TextIds;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is converted computes the same bits as the original at the same precision.
class ConvertTest {
    @TempDir
    private Path folder;

    private Path convert(Path in, String... options) {
        Path out = folder.resolve("out-" + String.join("", options));
        String[] all = Stream.concat(Stream.of("convert", in.toString(), out.toString()), Stream.of(options))
                .toArray(String[]::new);
        Run run = Run.of(all);
        assertEquals(0, run.exit(), run.err());
        return out;
    }

    private static int[][] codes(Path folder, Precision precision) {
        try (DalleBart bart = DalleBart.load(folder, Compute.shared(), precision)) {
            var text = new TextIds(new int[]{0, 5, 9, 2}, 4);
            var nothing = new TextIds(new int[]{0, 2}, 2);
            var request = new CodeRequest(text, nothing, Sampling.of(1, 0, 1), 3, 7, new int[]{0, 1});
            return bart.generate(request, (_, _) -> true);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"mini", "mini-bf16", "mega-fp16", "mini-unscanned", "mini-chunked", "mini-port"})
    void dalleMiniDrawsTheSameCodes(String name) {
        Path model = GoldenCase.path("dalle-mini/" + name);
        Path f32 = convert(model);
        Path bf16 = convert(model, "--dtype", "bf16");
        for (Precision precision : Precision.values()) {
            int[][] expected = codes(model, precision);
            assertArrayEquals(expected, codes(f32, precision), "f32 at " + precision);
        }
        assertArrayEquals(codes(model, Precision.BF16), codes(bf16, Precision.BF16), "bf16");
        Path int8 = convert(model, "--dtype", "int8");
        assertArrayEquals(codes(model, Precision.INT8), codes(int8, Precision.INT8), "int8");
        var e = assertThrows(WeightsException.class, () -> codes(int8, Precision.F32));
        assertTrue(e.getMessage().contains("converted to int8 and can be loaded at int8 only"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"mini", "mega-fp16", "mini-unscanned", "mini-port"})
    void packedDalleMiniDrawsTheSameCodesAndPacksNothing(String name) {
        Path model = GoldenCase.path("dalle-mini/" + name);
        for (Precision precision : Precision.values()) {
            Path packed = convert(model, "--packed", "--dtype", precision.name().toLowerCase(Locale.ROOT));
            assertArrayEquals(codes(model, precision), codes(packed, precision), "at " + precision);
            try (DalleBart bart = DalleBart.load(packed, Compute.shared(), precision)) {
                assertEquals(0, bart.plan(1, true).weightBytes());
                assertEquals(DalleBart.plan(packed, precision, 1, true), bart.plan(1, true));
            }
            for (Precision other : Precision.values()) {
                if (other == precision) continue;
                String message = assertThrows(WeightsException.class, () -> codes(packed, other)).getMessage();
                assertTrue(message.contains("was packed for " + precision.name().toLowerCase(Locale.ROOT)
                        + " and can be loaded at that precision only"), message);
            }
            Run again = Run.of("convert", packed.toString(), folder.resolve("again").toString());
            assertEquals(1, again.exit());
            assertTrue(again.err().contains("its matrices are packed; convert the original"), again.err());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"f16", "f4-attn", "gumbel-f8"})
    void vqganDecodesTheSamePixels(String name) {
        Path model = GoldenCase.path("vqgan/" + name);
        float[] expected = pixels(model);
        assertArrayEquals(expected, pixels(convert(model)));
        assertArrayEquals(expected, pixels(convert(model, "--dtype", "bf16")), "image codecs are never rounded");
        for (String type : List.of("f16", "int8")) {
            assertArrayEquals(expected, pixels(convert(model, "--dtype", type)), "image codecs are never rounded");
        }
    }

    private static float[] pixels(Path folder) {
        try (Vqgan vqgan = Vqgan.load(folder, Compute.shared())) {
            int rows = Math.min(8, vqgan.gridRows());
            int cols = Math.min(9, vqgan.gridCols());
            int[] codes = new int[rows * cols];
            for (int i = 0; i < codes.length; i++) codes[i] = i * 7 % vqgan.codebookSize();
            return vqgan.decode(codes, rows, cols).values();
        }
    }

    /// All of min-dalle's files in one folder, under both of its names.
    @ParameterizedTest
    @ValueSource(strings = {"", "_mini"})
    void minDalleDrawsTheSameCodesAndPixels(String suffix) throws IOException {
        Path port = Files.createDirectory(folder.resolve("port"));
        Path golden = GoldenCase.path("dalle-mini/mini-port");
        for (String side : List.of("encoder", "decoder")) {
            Files.copy(golden.resolve(side + "_mini.pt"), port.resolve(side + suffix + ".pt"));
        }
        Files.copy(golden.resolve("sizes.json"), port.resolve("sizes.json"));
        Files.copy(GoldenCase.path("vqgan/f4-attn/detoker.pt"), port.resolve("detoker.pt"));
        Path f32 = convert(port);
        Path bf16 = convert(port, "--dtype", "bf16");
        Path int8 = convert(port, "--dtype", "int8");
        for (Path converted : List.of(f32, bf16, int8)) {
            assertEquals(List.of("decoder" + suffix + ".safetensors", "detoker.safetensors",
                    "encoder" + suffix + ".safetensors", "sizes.json"), names(converted));
            assertArrayEquals(pixels(port), pixels(converted));
        }
        for (Precision precision : Precision.values()) {
            assertArrayEquals(codes(port, precision), codes(f32, precision), "f32 at " + precision);
        }
        assertArrayEquals(codes(port, Precision.BF16), codes(bf16, Precision.BF16), "bf16");
        assertArrayEquals(codes(port, Precision.INT8), codes(int8, Precision.INT8), "int8");
        Run again = Run.of("convert", int8.toString(), folder.resolve("again").toString(), "--dtype", "bf16");
        assertEquals(1, again.exit());
        assertTrue(again.err().contains("were rounded to int8; convert the original"), again.err());
        assertFalse(Files.exists(folder.resolve("again")));
        Path packed = convert(f32, "--packed", "--dtype", "int8");
        assertEquals(names(f32), names(packed));
        assertArrayEquals(codes(port, Precision.INT8), codes(packed, Precision.INT8), "converted twice");
    }

    /// A converted folder of a model in several files is converted as its original, which is taken if it lies there too.
    @ParameterizedTest
    @ValueSource(strings = {"dalle-mini/mini-port", "mindalle/txt2img", "openai-dvae/b"})
    void convertsWhatItConverted(String name) throws IOException {
        Path once = convert(GoldenCase.path(name));
        Path twice = convert(once, "--dtype", "f32");
        assertEquals(names(once), names(twice));
        for (String file : names(once)) {
            if (file.endsWith(".safetensors")) assertSame(once.resolve(file), twice.resolve(file));
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /// Each of the three checkpoints of one image codec, alone in a folder.
    @ParameterizedTest
    @ValueSource(strings = {"flax_model.msgpack", "last.ckpt", "detoker.pt"})
    void eachFormOfAVqganDecodesTheSamePixels(String name) throws IOException {
        Path model = Files.createDirectory(folder.resolve("codec"));
        Path golden = GoldenCase.path("vqgan/f4-attn");
        for (String file : List.of(name, "config.json", "model.yaml")) {
            Files.copy(golden.resolve(file), model.resolve(file));
        }
        assertArrayEquals(pixels(model), pixels(convert(model)));
        assertArrayEquals(pixels(model), pixels(convert(model, "--dtype", "int8")), "image codecs are never rounded");
    }

    /// OpenAI's archives hold float16 matrices in the published files, float32 here.
    @ParameterizedTest
    @ValueSource(strings = {"model-statedict.pt", "model-torchscript.pt"})
    void openAiClipGivesTheSameEmbeddings(String name) throws IOException {
        Path model = Files.createDirectory(folder.resolve("clip"));
        Files.copy(GoldenCase.path("clip/openai").resolve(name), model.resolve(name));
        writeVocabulary(model, 600);
        Path f32 = convert(model);
        for (Precision precision : Precision.values())
            assertArrayEquals(embed(model, precision), embed(f32, precision), "f32 at " + precision);
        assertArrayEquals(embed(model, Precision.BF16), embed(convert(model, "--dtype", "bf16"), Precision.BF16));
        assertArrayEquals(embed(model, Precision.INT8), embed(convert(model, "--dtype", "int8"), Precision.INT8));
    }

    /// The beginning of CLIP's vocabulary: 512 bytes, merges, two marks.
    static void writeVocabulary(Path out, int size) throws IOException {
        var mapper = new ObjectMapper();
        Path golden = GoldenCase.path("clip/hf");
        ObjectNode vocabulary = mapper.createObjectNode();
        for (var token : mapper.readTree(golden.resolve("vocab.json").toFile()).properties()) {
            if (token.getValue().asInt() < size - 2) vocabulary.set(token.getKey(), token.getValue());
        }
        vocabulary.put("<|startoftext|>", size - 2).put("<|endoftext|>", size - 1);
        mapper.writeValue(out.resolve("vocab.json").toFile(), vocabulary);
        List<String> merges = Files.readAllLines(golden.resolve("merges.txt"));
        Files.write(out.resolve("merges.txt"), merges.subList(0, 1 + size - 2 - 512));
    }

    @Test
    void clipGivesTheSameEmbeddings() throws IOException {
        Path model = GoldenCase.path("clip/hf");
        Path f32 = convert(model);
        for (Precision precision : Precision.values())
            assertArrayEquals(embed(model, precision), embed(f32, precision));
        Path bf16 = convert(model, "--dtype", "bf16");
        assertArrayEquals(embed(model, Precision.BF16), embed(bf16, Precision.BF16));
        assertTrue(Files.size(bf16.resolve("model.safetensors")) < Files.size(f32.resolve("model.safetensors")));
        Path int8 = convert(model, "--dtype", "int8");
        assertArrayEquals(embed(model, Precision.INT8), embed(int8, Precision.INT8));
        assertTrue(Files.size(int8.resolve("model.safetensors")) < Files.size(bf16.resolve("model.safetensors")));
    }

    static float[][] embed(Path folder, Precision precision) {
        try (Clip clip = Clip.load(folder, Compute.shared(), precision)) {
            byte[] samples = new byte[50 * 45 * 3];
            for (int i = 0; i < samples.length; i++) samples[i] = (byte) (i * 31);
            float[] image = clip.embedImages(List.of(new Raster(50, 45, 3, samples)))[0];
            return new float[][]{clip.embedTexts(List.of("a red cat"))[0], image};
        }
    }

    @Test
    void aWholeModelGoesOnDrawing() throws IOException {
        Path model = ModelPaths.embedded().dalle().getParent();
        Path f32 = convert(model);
        assertArrayEquals(draw(model, "f32"), draw(f32, "f32"));
        Path bf16 = convert(model, "--dtype", "bf16");
        assertArrayEquals(draw(model, "bf16"), draw(bf16, "bf16"));
        Path int8 = convert(model, "--dtype", "int8");
        assertArrayEquals(draw(model, "int8"), draw(int8, "int8"));
        try (Checkpoint checkpoint = Checkpoints.open(bf16.resolve("dalle/model.safetensors"))) {
            assertTrue(checkpoint.names().stream().anyMatch(n -> checkpoint.tensor(n).dtype() == DType.BF16));
        }
    }

    private byte[] draw(Path model, String precision) throws IOException {
        Path out = Files.createTempDirectory(folder, "drawn");
        Run run = Run.of("generate", "a cat", "--model", model.toString(), "--precision", precision, "--images", "1",
                "--seed", "4", "--json", "--out", out.toString());
        assertEquals(0, run.exit(), run.err());
        Path picture = Path.of(run.json().path("images").get(0).path("file").asText());
        return ImageFiles.read(picture).samples();
    }

    @Test
    void singleFilesKeepNamesAndSayWhereTheyCameFrom() throws IOException {
        Path in = GoldenCase.path("clip/openai/model-torchscript.pt");
        Path out = folder.resolve("clip.safetensors");
        Run run = Run.of("convert", in.toString(), out.toString(), "--dtype", "f16");
        assertEquals(0, run.exit(), run.err());
        try (Checkpoint source = Checkpoints.open(in); Checkpoint copy = Checkpoints.open(out)) {
            assertEquals(source.names().stream().sorted().toList(), copy.names().stream().sorted().toList());
            assertEquals(DType.F16, copy.tensor("text_projection").dtype());
            assertEquals(DType.F32, copy.tensor("token_embedding.weight").dtype());
            assertEquals(DType.I64, copy.tensor("input_resolution").dtype());
        }
        String header = new String(Files.readAllBytes(out), 8, 400, java.nio.charset.StandardCharsets.ISO_8859_1);
        assertTrue(header.contains("\"source\":\"model-torchscript.pt\""), header);
        assertTrue(header.matches("(?s).*\"source_sha256\":\"[0-9a-f]{64}\".*"), header);
        assertTrue(header.contains("\"dtype\":\"f16\""), header);
    }

    @Test
    void modelsInTwoFilesKeepTheirNames() throws IOException {
        Path dvae = Files.createDirectory(folder.resolve("dvae"));
        for (String side : List.of("encoder", "decoder")) {
            Files.copy(GoldenCase.path("openai-dvae/b/" + side + ".pkl"), dvae.resolve(side + ".pkl"));
        }
        Path out = convert(dvae, "--dtype", "int8");
        for (String side : List.of("encoder", "decoder")) {
            assertSame(GoldenCase.path("openai-dvae/b/" + side + ".safetensors"), out.resolve(side + ".safetensors"));
        }
    }

    private static void assertSame(Path original, Path converted) {
        try (Checkpoint expected = Checkpoints.open(original); Checkpoint found = Checkpoints.open(converted)) {
            assertEquals(expected.names().stream().sorted().toList(), found.names().stream().sorted().toList());
            for (String name : expected.names()) {
                assertArrayEquals(expected.tensor(name).toFloats(), found.tensor(name).toFloats(), name);
            }
        }
    }

    /// Codes and pixels of a whole model's folder, whatever its family.
    private static List<Object> drawn(Path model, Precision precision) {
        ModelPaths paths = ModelPaths.of(model);
        try (CodeGenerator generator = CodeGenerators.load(paths.dalle(), Compute.shared(), precision);
                ImageCodec codec = ImageCodecs.load(paths.vqgan(), Compute.shared(), CodecOptions.DEFAULT)) {
            var text = new TextIds(Arrays.copyOf(new int[]{1, 5, 9, 2}, generator.textLength()), 4);
            var request = new CodeRequest(text, text, Sampling.of(1, 0, 1), 1, 7, new int[]{0, 1});
            int[][] codes = generator.generate(request, (_, _) -> true);
            float[] pixels = codec.decode(codes[1], generator.gridRows(), generator.gridCols()).values();
            return List.of(Arrays.deepToString(codes), Arrays.toString(pixels));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void minDalleAsPublishedDrawsTheSamePictures(boolean packed) throws IOException {
        Path bundle = TarGz.of(GoldenCase.path("mindalle/txt2img"), "1.3B/", folder.resolve("bundle.tar.gz"));
        assertDrawsTheSame(GoldenCase.path("mindalle/txt2img"), bundle, packed);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void ruDalleAsPublishedDrawsTheSamePictures(boolean packed) throws IOException {
        for (String name : List.of("pytorch_model.bin", "pytorch_model_v2.bin")) {
            Path model = Files.createDirectory(folder.resolve(name + packed));
            Files.copy(GoldenCase.path("rudalle/plain-v2/pytorch_model.bin"), model.resolve(name));
            Files.copy(GoldenCase.path("vqgan/gumbel-f8/vqgan.gumbelf8-sber.model.ckpt"),
                    model.resolve("vqgan.gumbelf8.ckpt"));
            assertDrawsTheSame(model, model, packed);
        }
    }

    private void assertDrawsTheSame(Path model, Path in, boolean packed) {
        for (Precision precision : Precision.values()) {
            String type = precision.name().toLowerCase(Locale.ROOT);
            Path out = folder.resolve(in.getFileName() + type);
            List<String> arguments = new ArrayList<>(List.of("convert", in.toString(), out.toString(), "--dtype",
                    type));
            if (packed) arguments.add("--packed");
            Run run = Run.of(arguments.toArray(String[]::new));
            assertEquals(0, run.exit(), run.err());
            assertEquals(drawn(model, precision), drawn(out, precision), type);
            if (packed)
                assertEquals(0, CodeGenerators.plan(ModelPaths.of(out).dalle(), precision, 1, true).weightBytes());
        }
    }

    @Test
    void bundlesAreConvertedAsTheirFolder() throws IOException {
        Path model = GoldenCase.path("mindalle/approx-nobias");
        Path bundle = TarGz.of(model, "1.3B/", folder.resolve("bundle.tar.gz"));
        Path out = convert(bundle);
        for (String carried : List.of("config.yaml", "tokenizer/bpe-16k-vocab.json", "tokenizer/bpe-16k-merges.txt")) {
            assertEquals(-1, Files.mismatch(model.resolve(carried), out.resolve(carried)), carried);
        }
        assertSame(model.resolve("stage2_last.ckpt"), out.resolve("stage2_last.safetensors"));
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(2, left.count(), "the archive and the result");
        }
    }

    @Test
    void refusesWithOneSentenceAndLeavesNothing() throws IOException {
        Path file = GoldenCase.path("clip/hf/model.safetensors");
        assertRefused(2, "--dtype", "convert", file.toString(), folder.resolve("a.safetensors").toString(), "--dtype",
                "int4");
        assertRefused(1, ".safetensors", "convert", file.toString(), folder.resolve("a.bin").toString());
        assertRefused(1, "exists already", "convert", file.toString(), folder.toString());
        assertRefused(1, "no such file", "convert", folder.resolve("none").toString(), folder.resolve("b").toString());
        assertRefused(1, "make it first", "convert", file.toString(), folder.resolve("x/a.safetensors").toString());
        assertRefused(1, "f32, bf16 or int8", "convert", GoldenCase.path("dalle-mini/mini").toString(),
                folder.resolve("b").toString(), "--packed", "--dtype", "f16");
        assertRefused(1, "--packed takes the folder of a model", "convert", file.toString(),
                folder.resolve("a.safetensors").toString(), "--packed");
        Path two = GoldenCase.path("clip/openai");
        assertRefused(1, "expected one checkpoint", "convert", two.toString(), folder.resolve("two").toString());
        Path evil = GoldenCase.path("bad-files/torch/evil-reduce-eval.pt");
        assertRefused(1, "eval", "convert", evil.toString(), folder.resolve("e.safetensors").toString());
        try (Stream<Path> left = Files.list(folder)) {
            assertEquals(List.of(), left.toList());
        }
    }

    private static void assertRefused(int exit, String mention, String... arguments) {
        Run run = Run.of(arguments);
        assertEquals(exit, run.exit(), run.err());
        assertTrue(run.err().contains(mention), run.err());
        assertFalse(run.err().contains("unexpected fault"), run.err());
    }
}
