package io.github.smalti.weights.hub.internal;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.smalti.weights.hub.HubException;
import io.github.smalti.weights.hub.HubSettings;
import io.github.smalti.weights.hub.ModelReference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/// Answers of model services and key files are read or refused by a [HubException]; in the package of their readers, which
/// are no API.
class AnswersJazzerTest {
    private static final String TIME = "1m";
    private static final HubSettings SETTINGS = HubSettings.of(_ -> null, Path.of("nowhere"));

    @TempDir
    static Path folder;

    static List<byte[]> answers() { return bytes("""
            {"sha": "0123456789abcdef0123456789abcdef01234567", "siblings": [{"rfilename": "a/config.json"},
             {"rfilename": "b", "size": 1, "blobId": "0123456789abcdef0123456789abcdef01234567"}]}
            """, """
            {"data": {"project": {"artifact": {"digest": "0123456789abcdef0123456789abcdef", "files": {
             "pageInfo": {"hasNextPage": true, "endCursor": "x"}, "edges": [{"node": {"name": "config.json",
              "sizeBytes": 1, "md5": "ASNFZ4mrze8BI0VniavN7w==", "directUrl": "https://store.example/1"}}]}}}}}
            """, "{\"weight_map\": {\"a\": \"model-00001-of-00001.safetensors\"}}"); }

    static List<byte[]> keys() {
        return bytes("machine api.wandb.ai login user password 0123456789\nmacdef a\nb\n\ndefault password c\n");
    }

    private static List<byte[]> bytes(String... texts) {
        return Stream.of(texts).map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
    }

    private interface Reading { void run(); }

    private static void refusesOrReads(Reading reading) {
        try {
            reading.run();
        } catch (HubException _) {
            // refused as declared
        }
    }

    @MethodSource("answers")
    @FuzzTest(maxDuration = TIME)
    void answers(byte[] bytes) throws IOException {
        var hub = new HuggingFaceService(new ModelReference.HuggingFace("owner", "name", "main"), SETTINGS);
        var wandb = new WandbService(new ModelReference.Wandb("team", "project", "mini", "v0"), SETTINGS);
        Path index = Files.write(folder.resolve("model.safetensors.index.json"), bytes);
        refusesOrReads(() -> hub.listing(bytes));
        refusesOrReads(() -> wandb.page(bytes));
        refusesOrReads(() -> FileChoice.shards(index, "model.safetensors.index.json"));
    }

    @MethodSource("keys")
    @FuzzTest(maxDuration = TIME)
    void keys(byte[] bytes) throws IOException {
        String file = Files.write(folder.resolve("netrc"), bytes).toString();
        refusesOrReads(() -> HubSettings.of(name -> name.equals("NETRC") ? file : null, folder));
        refusesOrReads(() -> HubSettings.of(name -> name.equals("HF_TOKEN_PATH") ? file : null, folder));
    }
}
