package io.github.smalti.weights.hub.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.weights.hub.HubException;
import io.github.smalti.weights.hub.HubSettings;
import io.github.smalti.weights.hub.ModelReference;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What services may answer, one field wrong at a time.
class ServiceAnswersTest {
    private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";
    private static final HubSettings SETTINGS = HubSettings.of(_ -> null, Path.of("nowhere"));
    private static final HubSettings WITH_KEYS = HubSettings.of(Map.of("HF_TOKEN", "hf_x", "WANDB_API_KEY",
            "k".repeat(40))::get, Path.of("nowhere"));
    private static final ModelReference.HuggingFace HUB = new ModelReference.HuggingFace("owner", "name", "main");
    private static final ModelReference.Wandb WANDB = new ModelReference.Wandb("team", "project", "mini", "v0");

    private static byte[] bytes(String json) {
        return json.replace('\'', '"').replace("COMMIT", COMMIT).getBytes(StandardCharsets.UTF_8);
    }

    private static String said(org.junit.jupiter.api.function.Executable use) {
        return assertThrows(HubException.class, use).getMessage();
    }

    private static String listing(ModelReference.HuggingFace reference, String json) {
        return said(() -> new HuggingFaceService(reference, SETTINGS).listing(bytes(json)));
    }

    @Test
    void readsListings() {
        RemoteModel model = new HuggingFaceService(HUB, SETTINGS).listing(bytes("""
                {'sha': 'COMMIT', 'siblings': [{'rfilename': 'a b.json', 'size': 3, 'blobId': 'COMMIT'},
                 {'rfilename': 'x', 'size': 3}, {'rfilename': 'y', 'blobId': 'COMMIT'}]}"""));
        assertEquals(List.of(3L, -1L, -1L), model.files().stream().map(RemoteFile::size).toList());
        assertTrue(model.files().getFirst().uri().toString().endsWith("/owner/name/resolve/" + COMMIT + "/a%20b.json"));
    }

    @Test
    void refusesListingsOfOtherForms() {
        var pinned = new ModelReference.HuggingFace("owner", "name", "f".repeat(40));
        String said = listing(pinned, "{'sha': 'COMMIT', 'siblings': []}");
        assertTrue(said.contains("sha: expected " + "f".repeat(40) + ", found " + COMMIT), said);
        said = listing(HUB, "{'sha': 'COMMIT', 'siblings': [{'rfilename': 'x', 'size': 3, 'blobId': 'abc'}]}");
        assertTrue(said.contains("x: expected a hash, found abc"), said);
        said = listing(HUB, "{'sha': 'COMMIT', 'siblings': [{'rfilename': 'x', 'size': -3, 'blobId': 'COMMIT'}]}");
        assertTrue(said.contains("x: expected its length, found -3"), said);
        for (String name : List.of("../x", "/x", "a//b", "a/./b", " /x", "c:x", "a\\\\b")) {
            said = listing(HUB, "{'sha': 'COMMIT', 'siblings': [{'rfilename': '" + name + "'}]}");
            assertTrue(said.contains("expected a relative name without .."), said);
        }
    }

    private static String page(String json) { return said(() -> new WandbService(WANDB, SETTINGS).page(bytes(json))); }

    private static String artifact(String digest, String node) {
        return "{'data': {'project': {'artifact': {'digest': '" + digest + "', 'files': {'edges': [{'node': " + node
                + "}], 'pageInfo': {'hasNextPage': false}}}}}, 'errors': []}";
    }

    @Test
    void readsArtifacts() {
        String node = "{'name': 'x', 'sizeBytes': 1, 'md5': 'ASNFZ4mrze8BI0VniavN7w==', 'directUrl': 'https://s/1'}";
        WandbService.Page page = new WandbService(WANDB, WITH_KEYS).page(bytes(artifact("a".repeat(32), node)));
        assertEquals("x", page.files().getFirst().name());
        assertNull(page.next());
    }

    @Test
    void refusesArtifactsOfOtherForms() {
        String no = "wandb:team/project/mini:v0: ";
        assertTrue(page("{'errors': [{'message': 'denied'}]}").startsWith(no + "it says: denied, or it is private"));
        assertTrue(page("{'errors': [{}]}").startsWith(no + "it refuses"));
        assertTrue(page("{'data': {'project': null}}").startsWith(no + "there is no such project"));
        assertTrue(
                page("{'data': {'project': {'artifact': null}}}").startsWith(no + "the project has no such artifact"));
        assertTrue(page("{'data': {'project': {}}}").endsWith("export WANDB_API_KEY=…"));
        String node = "{'name': 'x', 'sizeBytes': 1, 'md5': 'AAAA', 'directUrl': 'https://s/1'}";
        assertTrue(page(artifact("a".repeat(32), node)).contains("x: expected its MD5"));
        assertTrue(page(artifact("../x", node)).contains("digest: found ../x"));
        assertTrue(page(artifact("a".repeat(32), node.replace("AAAA", "?"))).contains("check WANDB_BASE_URL"));
        assertTrue(page("<html>").contains("does not answer like Weights & Biases"));
    }

    @Test
    void refusesKeysThatWereNotCopiedWhole() {
        for (String key : List.of("short", "local-" + "k".repeat(39), "a.b")) {
            var settings = HubSettings.of(Map.of("WANDB_API_KEY", key)::get, Path.of("nowhere"));
            String said = said(() -> new WandbService(WANDB, settings));
            assertTrue(said.contains("expected at least 40: copy it whole") && !said.contains(key), said);
        }
        for (String key : List.of("local-" + "k".repeat(40), "a.b.c")) {
            var settings = HubSettings.of(Map.of("WANDB_API_KEY", key)::get, Path.of("nowhere"));
            assertTrue(new WandbService(WANDB, settings).credential().header().startsWith("Basic "));
        }
    }

    private static Answer answer(int status, String uri, Map<String, String> linked, InputStream body) {
        return new Answer(status, URI.create(uri), HttpHeaders.of(Map.of("Content-Length", List.of("12"), "X-Odd",
                List.of("1e3")), (_, _) -> true), linked, null, body);
    }

    private static Answer answer(int status, String uri, String code) {
        return answer(status, uri, Map.of("x-error-code", code), new ByteArrayInputStream(new byte[0]));
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';',
            value = {"404; https://huggingface.co/x; EntryNotFound; there is no such file in owner/name at main",
                    "404; https://huggingface.co/x; RevisionNotFound; owner/name has no branch, tag or commit main",
                    "401; https://huggingface.co/x; GatedRepo; access is restricted (401)",
                    "403; https://huggingface.co/x; -; access is restricted (403)",
                    "401; https://huggingface.co/x; -; there is no such model, or it is private (401)",
                    "404; https://huggingface.co/x; -; there is no such model, or it is private (404)",
                    "410; https://huggingface.co/x; -; huggingface.co answers 410; try again later",
                    "403; https://cdn.example/x; -; cdn.example answers 403; its address may have expired"})
    void saysWhatTheHubRefuses(int status, String uri, String code, String mention) {
        for (HubSettings settings : List.of(SETTINGS, WITH_KEYS)) {
            String said = new HuggingFaceService(HUB, settings).refusal(answer(status, uri, code), "x").getMessage();
            assertTrue(said.startsWith("x: " + mention), said);
            boolean asksForToken = said.contains("export HF_TOKEN=");
            boolean isPrivate = status == 401 || status == 403 || code.equals("-") && status == 404;
            assertEquals(settings == SETTINGS && isPrivate && !uri.contains("cdn"), asksForToken, said);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {
            "401; https://api.wandb.ai/x; wandb:team/project/mini:v0: api.wandb.ai answers 401",
            "403; https://api.wandb.ai/x; wandb:team/project/mini:v0: api.wandb.ai answers 403, or it is private",
            "404; https://api.wandb.ai/x; wandb:team/project/mini:v0: api.wandb.ai answers 404, or it is private",
            "400; https://api.wandb.ai/x; x: api.wandb.ai answers 400; try again later",
            "403; https://store.example/x; x: store.example answers 403; its signed address may have expired"})
    void saysWhatWeightsAndBiasesRefuses(int status, String uri, String mention) {
        for (HubSettings settings : List.of(SETTINGS, WITH_KEYS)) {
            String said = new WandbService(WANDB, settings).refusal(answer(status, uri, "-"), "x").getMessage();
            assertTrue(said.startsWith(mention), said);
        }
    }

    @Test
    void countsWhatHeadersSay() {
        try (Answer answer = answer(200, "https://h/x", Map.of("x-linked-size", " 7 "), new InputStream() {
            @Override
            public int read() { return -1; }

            @Override
            public void close() throws IOException { throw new IOException("gone"); }
        })) {
            assertEquals(12, answer.count("content-length"));
            assertEquals(-1, answer.count("x-odd"));
            assertEquals(-1, answer.count("x-none"));
            assertEquals(7, answer.linkedCount("x-linked-size"));
        }
    }

    @ParameterizedTest
    @CsvSource({"https://h/a/model.pt, model.pt", "https://h/a/, file", "https://h/.netrc, file", "https://h, file",
            "https://h/a%20b, a_b"})
    void namesFilesOfTheWeb(String uri, String name) {
        var web = new ModelReference.Web(URI.create(uri), "0".repeat(64));
        RemoteFile file = new WebService(web).list(null).files().getFirst();
        assertEquals(name, file.name());
        assertEquals(file, new WebService(web).complete(file, null));
    }

    @ParameterizedTest
    @CsvSource({"http://LOCALHOST/x, true", "http://[::1]:5/x, true", "http://127.8.9.10/x, true",
            "http://127.0.0.1.x/, false",
            "http://host/x, false", "mailto:a@b, false"})
    void knowsThisMachine(String uri, boolean isLoopback) {
        assertEquals(isLoopback, Credential.isLoopback(URI.create(uri)));
    }
}
