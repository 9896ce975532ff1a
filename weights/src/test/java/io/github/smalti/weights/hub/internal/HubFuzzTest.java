package io.github.smalti.weights.hub.internal;

import io.github.smalti.golden.MutationFuzz;
import io.github.smalti.weights.hub.HubException;
import io.github.smalti.weights.hub.HubSettings;
import io.github.smalti.weights.hub.ModelPart;
import io.github.smalti.weights.hub.ModelReference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Damaged answers of services, indexes and key files are read or refused by a [HubException].
@Tag("fuzz")
class HubFuzzTest {
    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
    private static final String SHA = "0123456789abcdef".repeat(4);
    private static final Path NOWHERE = Path.of("nowhere");
    private static final HubSettings SETTINGS = HubSettings.of(_ -> null, NOWHERE);
    private static final String[] WORDS = {"{", "}", "[", "]", ":", ",", "\"", "null", "true", "-1", "1e9",
            "9223372036854775807", "\\u0000", "\\ud800", "\\u202e", "../", "/", "..\\\\", "C:", "\u00ff", "\"\"",
            "\"rfilename\":", "\"lfs\":", "\"size\":", "\"node\":", "\"data\":", "\"errors\":", "\"message\":",
            "\"hasNextPage\":", "https://", "http://user:pass@", "file:///"};

    private static final String LISTING = """
            {"_id": "1", "id": "owner/name", "sha": "%s", "private": false, "tags": ["jax"], "siblings": [
             {"rfilename": "config.json", "size": 1200, "blobId": "%s"},
             {"rfilename": "flax_model.msgpack", "size": 400000, "blobId": "%s",
              "lfs": {"sha256": "%s", "size": 400000, "pointerSize": 134}},
             {"rfilename": "vqgan/flax_model.msgpack"}]}
            """.formatted(COMMIT, COMMIT, COMMIT, SHA);
    private static final String ARTIFACT = """
            {"data": {"project": {"artifact": {"id": "QXJ0", "digest": "0123456789abcdef0123456789abcdef", "files": {
             "pageInfo": {"hasNextPage": true, "endCursor": "MTAw"}, "edges": [
              {"node": {"name": "config.json", "sizeBytes": 1200, "md5": "ASNFZ4mrze8BI0VniavN7w==",
               "directUrl": "https://store.example/objects/1?X-Signature=signed"}},
              {"node": {"name": "flax_model.msgpack", "sizeBytes": 400000, "md5": "ASNFZ4mrze8BI0VniavN7w==",
               "directUrl": "https://store.example/objects/2?X-Signature=signed"}}]}}}}}
            """;

    private static MutationFuzz fuzz(String method) {
        return MutationFuzz.of("HubFuzzTest#" + method, HubException.class).words(WORDS);
    }

    private static byte[] bytes(String text) { return text.getBytes(StandardCharsets.UTF_8); }

    @Test
    void huggingFace() throws IOException, InterruptedException {
        var service = new HuggingFaceService(new ModelReference.HuggingFace("owner", "name", "main"), SETTINGS);
        fuzz("huggingFace").named("listing.json").good(bytes(LISTING))
                .bad(bytes("{\"error\": \"Repository not found\"}"))
                .bad(bytes("<!doctype html><title>log in</title>"))
                .run(file -> choose(service.listing(Files.readAllBytes(file)).files()));
    }

    @Test
    void wandb() throws IOException, InterruptedException {
        var service = new WandbService(new ModelReference.Wandb("team", "project", "mini-1", "v0"), SETTINGS);
        fuzz("wandb").named("answer.json").good(bytes(ARTIFACT))
                .bad(bytes(
                        "{\"errors\": [{\"message\": \"permission denied\", \"path\": [\"project\"]}], \"data\": null}"))
                .bad(bytes("{\"data\": {\"project\": null}}"))
                .run(file -> choose(service.page(Files.readAllBytes(file)).files()));
    }

    /// What a listing is for: names are chosen from it, and resolved below a folder.
    private static void choose(List<RemoteFile> files) {
        for (RemoteFile file : files) {
            Path path = NOWHERE.resolve(file.name()).normalize();
            if (!path.startsWith(NOWHERE)) throw new AssertionError("leaves its folder: " + file.name());
        }
        List<String> names = files.stream().map(RemoteFile::name).toList();
        FileChoice.choose(names, ModelPart.TRANSFORMER, List.of(), _ -> false, "hf:owner/name");
    }

    @Test
    void shardIndex() throws IOException, InterruptedException {
        fuzz("shardIndex").named("model.safetensors.index.json").good(bytes("""
                {"metadata": {"total_size": 123}, "weight_map": {"a.weight": "model-00001-of-00002.safetensors",
                 "a.bias": "model-00001-of-00002.safetensors", "b.weight": "model-00002-of-00002.safetensors"}}
                """)).run(file -> {
            for (String shard : FileChoice.shards(file, "part/model.safetensors.index.json")) {
                if (!shard.startsWith("part/")) throw new AssertionError("leaves its folder: " + shard);
            }
        });
    }

    @Test
    void netrc() throws IOException, InterruptedException {
        fuzz("netrc").named("netrc").good(bytes("""
                # keys
                machine other login me password no
                macdef init
                machine api.wandb.ai password macro

                machine api.wandb.ai
                  login user
                  password "0123456789012345678901234567890123456789"
                default password no
                """)).words("machine ", "default ", "password ", "login ", "account ", "macdef ", "\n\n", "#", " ",
                "\t", "\r\n", "\u0000", "api.wandb.ai").run(file -> key(Map.of("NETRC", file.toString())));
    }

    private static void key(Map<String, String> variables) {
        HubSettings settings = HubSettings.of(variables::get, NOWHERE);
        new WandbService(new ModelReference.Wandb("team", "project", "mini-1", "v0"), settings);
    }

    /// A token of another program; it ends up in a header.
    @Test
    void token() throws IOException, InterruptedException {
        fuzz("token").named("token").good(bytes("hf_0123456789abcdefghijklmnopqrstuvwx\n"))
                .run(file -> HubSettings.of(Map.of("HF_TOKEN_PATH", file.toString())::get, NOWHERE));
    }

    /// Texts of headers: hashes, lengths, pauses.
    @Test
    void headers() throws IOException, InterruptedException {
        fuzz("headers").named("header").good(bytes("W/\"" + SHA + "\"")).good(bytes("120"))
                .good(bytes("Wed, 21 Oct 2026 07:28:00 GMT")).words("GMT", "+9999", "99999999999", "-", "W/", "\"")
                .run(file -> {
                    String text = Files.readString(file, StandardCharsets.ISO_8859_1);
                    ContentHash hash = ContentHash.ofEtag(text);
                    if (hash != null && !hash.hex().matches("[0-9a-f]+")) throw new AssertionError(hash);
                    if (Backoff.asked(text).isNegative()) throw new AssertionError("a negative pause");
                });
    }
}
