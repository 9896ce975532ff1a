package io.github.smalti.jazzer;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonException;
import io.github.smalti.core.json.JsonLimits;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.pipeline.ImageFileException;
import io.github.smalti.pipeline.ImageFiles;
import io.github.smalti.pipeline.ImageRecord;
import io.github.smalti.tokenizer.BartTokenizer;
import io.github.smalti.tokenizer.CharBpeTokenizer;
import io.github.smalti.tokenizer.ClipTokenizer;
import io.github.smalti.tokenizer.TokenizerException;
import io.github.smalti.tokenizer.YouTokenToMeTokenizer;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.ModelConfig;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/// Any bytes: each reader reads them or throws its declared exception, which is all that is caught here.
///
/// As tests they run the golden files only; `JAZZER_FUZZ=1` fuzzes one target for its time.
class ReadersJazzerTest {
    private static final String TIME = "1m";
    private static final int MAX_SEED = 20_000;

    @TempDir
    static Path folder;

    static List<byte[]> safetensorsFiles() throws IOException { return files("bad-files/safetensors"); }

    static List<byte[]> flaxFiles() throws IOException { return files("bad-files/flax"); }

    static List<byte[]> torchFiles() throws IOException { return files("bad-files/torch"); }

    static List<byte[]> configFiles() throws IOException { return files("bad-files/config"); }

    static List<byte[]> yamlFiles() throws IOException { return files("vqgan/f16"); }

    static List<byte[]> imageFiles() throws IOException { return files("bad-files/image"); }

    static List<byte[]> vocabularyFiles() throws IOException { return files("bad-files/tokenizer/good"); }

    static List<byte[]> bpeModelFiles() throws IOException { return files("rudalle/tokenizer"); }

    static List<byte[]> charBpeFiles() throws IOException { return files("mindalle/txt2img/tokenizer"); }

    static List<byte[]> gzipFiles() throws IOException { return files("bad-files/tokenizer"); }

    private static List<byte[]> files(String name) throws IOException {
        List<byte[]> found = new ArrayList<>();
        try (Stream<Path> files = Files.list(GoldenCase.path(name))) {
            for (Path file : files.sorted().toList()) {
                if (Files.isRegularFile(file) && Files.size(file) <= MAX_SEED) found.add(Files.readAllBytes(file));
            }
        }
        return found;
    }

    private static Path file(String name, byte[] bytes) throws IOException {
        return Files.write(folder.resolve(name), bytes);
    }

    private static void readCheckpoint(byte[] bytes) throws IOException {
        Path file = file("checkpoint", bytes);
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            for (String name : checkpoint.names()) checkpoint.tensor(name).elementCount();
        } catch (WeightsException _) {
            // refused as declared
        }
    }

    @MethodSource("safetensorsFiles")
    @FuzzTest(maxDuration = TIME)
    void safetensors(byte[] bytes) throws IOException { readCheckpoint(bytes); }

    @MethodSource("flaxFiles")
    @FuzzTest(maxDuration = TIME)
    void flaxMsgpack(byte[] bytes) throws IOException { readCheckpoint(bytes); }

    @MethodSource("torchFiles")
    @FuzzTest(maxDuration = TIME)
    void torch(byte[] bytes) throws IOException { readCheckpoint(bytes); }

    @MethodSource("configFiles")
    @FuzzTest(maxDuration = TIME)
    void json(byte[] bytes) {
        try {
            Json.parse(bytes, JsonLimits.DEFAULT);
        } catch (JsonException _) {
            // refused as declared
        }
    }

    @MethodSource("yamlFiles")
    @FuzzTest(maxDuration = TIME)
    void yaml(byte[] bytes) throws IOException {
        try {
            ModelConfig.readYaml(file("model.yaml", bytes));
        } catch (WeightsException _) {
            // refused as declared
        }
    }

    @MethodSource("imageFiles")
    @FuzzTest(maxDuration = TIME)
    void picture(byte[] bytes) throws IOException {
        Path file = file("picture", bytes);
        try {
            ImageFiles.read(file);
        } catch (ImageFileException _) {
            // refused as declared
        }
        try {
            ImageRecord.read(file);
        } catch (ImageFileException _) {
            // refused as declared
        }
    }

    @MethodSource("vocabularyFiles")
    @FuzzTest(maxDuration = TIME)
    void vocabulary(byte[] bytes) throws IOException {
        Path good = GoldenCase.path("bad-files/tokenizer/good");
        for (String name : List.of("vocab.json", "merges.txt", "special_tokens_map.json")) {
            Path mine = Files.createDirectories(folder.resolve("of-" + name));
            for (String other : List.of("vocab.json", "merges.txt")) {
                Files.write(mine.resolve(other), Files.readAllBytes(good.resolve(other)));
            }
            Files.write(mine.resolve(name), bytes);
            try {
                BartTokenizer.read(mine).encode(" ab abc", 8);
            } catch (TokenizerException _) {
                // refused as declared
            }
        }
    }

    @MethodSource("configFiles")
    @FuzzTest(maxDuration = TIME)
    void tokenizerJson(byte[] bytes) throws IOException {
        file("tokenizer.json", bytes);
        try {
            BartTokenizer.read(folder);
        } catch (TokenizerException _) {
            // refused as declared
        }
    }

    @MethodSource("gzipFiles")
    @FuzzTest(maxDuration = TIME)
    void openAiMerges(byte[] bytes) throws IOException {
        try {
            ClipTokenizer.readOpenAi(file("merges.txt.gz", bytes));
        } catch (TokenizerException _) {
            // refused as declared
        }
    }

    @MethodSource("bpeModelFiles")
    @FuzzTest(maxDuration = TIME)
    void youTokenToMeModel(byte[] bytes) throws IOException {
        try {
            YouTokenToMeTokenizer.read(file("bpe.model", bytes)).encode("\u043a\u043e\u0442 cat", 8);
        } catch (TokenizerException _) {
            // refused as declared
        }
    }

    @MethodSource("charBpeFiles")
    @FuzzTest(maxDuration = TIME)
    void charBpe(byte[] bytes) throws IOException {
        Path good = GoldenCase.path("mindalle/txt2img/tokenizer");
        List<String> names = List.of("bpe-16k-vocab.json", "bpe-16k-merges.txt");
        for (String name : names) {
            Path mine = Files.createDirectories(folder.resolve("of-" + name));
            for (String other : names) Files.write(mine.resolve(other), Files.readAllBytes(good.resolve(other)));
            Files.write(mine.resolve(name), bytes);
            try {
                CharBpeTokenizer.read(mine).encode("a cat", 8);
            } catch (TokenizerException _) {
                // refused as declared
            }
        }
    }
}
