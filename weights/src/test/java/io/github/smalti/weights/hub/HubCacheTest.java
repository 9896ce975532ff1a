package io.github.smalti.weights.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.weights.hub.CachedModel.CheckedFile;
import io.github.smalti.weights.hub.CachedModel.Verdict;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HubCacheTest extends HubFixture {
    private CachedModel only() {
        List<CachedModel> models = hub().cache().list();
        assertEquals(1, models.size(), models.toString());
        return models.getFirst();
    }

    private List<Verdict> verdicts() {
        return hub().cache().verify(only()).stream().map(CheckedFile::verdict).toList();
    }

    @Test
    void listsWhatIsHere() throws IOException {
        assertEquals(List.of(), hub().cache().list());
        byte[] weights = model();
        hub().pull(MODEL, SILENT);
        Files.createDirectories(home.resolve("hub/datasets--a--b/snapshots/x"));
        CachedModel model = only();
        assertEquals("hf:owner/name", model.reference());
        assertEquals(HubTwin.COMMIT, model.revision());
        assertEquals(List.of("main"), model.refs());
        assertEquals(weights.length + 2, model.bytes());
        assertEquals("safetensors", model.format());
        assertTrue(Duration.between(model.lastUse(), Instant.now()).toMinutes() < 5, model.lastUse().toString());
        assertEquals(1, hub().cache().list(MODEL).size());
        assertEquals(0, hub().cache().list(ModelReference.parse("hf:owner/name@v2")).size());
        assertEquals(0, hub().cache().list(ModelReference.parse("dalle-mini")).size());
    }

    @Test
    void findsDamageAndMendsIt() throws IOException {
        byte[] weights = model();
        hub().pull(MODEL, SILENT);
        assertEquals(List.of(Verdict.GOOD, Verdict.GOOD), verdicts());
        byte[] damaged = weights.clone();
        damaged[150_000] ^= 1;
        Files.write(blob(weights), damaged);
        assertEquals(List.of(Verdict.GOOD, Verdict.DAMAGED), verdicts());
        CachedModel model = only();
        hub().cache().remove(model, hub().cache().verify(model).getLast());
        hub().pull(MODEL, SILENT);
        assertWhole(weights);
        Files.delete(blob(weights));
        assertEquals(List.of(Verdict.GOOD, Verdict.MISSING), verdicts());
        hub().pull(MODEL, SILENT);
        assertWhole(weights);
    }

    @Test
    void removesARevisionAndKeepsWhatOthersUse() throws IOException {
        byte[] weights = model();
        hub().pull(MODEL, SILENT);
        twin.commit = "d".repeat(40);
        twin.with("config.json", text("{\"new\": 1}"));
        hub().pull(MODEL, SILENT);
        List<CachedModel> models = hub().cache().list();
        CachedModel old = models.stream().filter(model -> model.refs().isEmpty()).findFirst().orElseThrow();
        assertEquals(2, hub().cache().remove(old), "the old configuration");
        assertArrayEquals(weights, Files.readAllBytes(blob(weights)));
        assertEquals(2, hub().find(MODEL).parts().getFirst().files().size());
        assertEquals(weights.length + 10, hub().cache().remove(only()),
                "all, the note of the branch being gone already");
        assertFalse(Files.exists(repository()));
        assertEquals(List.of(), hub().cache().list());
    }

    @Test
    void keepsWhatOthersUseInDeepFolders() throws IOException {
        byte[] weights = model();
        hub().pull(MODEL, SILENT);
        twin.commit = "d".repeat(40);
        Path named = hub().pull(MODEL, SILENT).folder(ModelPart.ANY).resolve("model.safetensors");
        Path deep = Files.createDirectories(named.resolveSibling("1/2/3/4/5/6/7/8/9/10")).resolve("model.safetensors");
        Files.createSymbolicLink(deep, blob(weights));
        Files.delete(named);
        CachedModel old = hub().cache().list().stream().filter(model -> model.refs().isEmpty()).findFirst()
                .orElseThrow();
        hub().cache().remove(old);
        assertArrayEquals(weights, Files.readAllBytes(deep));
    }

    @Test
    void neverFollowsLinksOutOfTheCache() throws IOException {
        model();
        Path folder = hub().pull(MODEL, SILENT).folder(ModelPart.ANY);
        Path secret = Files.writeString(home.resolve("secret.json"), "{}");
        Files.delete(folder.resolve("config.json"));
        Files.createSymbolicLink(folder.resolve("config.json"), secret);
        var fault = assertThrows(HubException.class, () -> hub().find(MODEL));
        assertTrue(fault.getMessage().contains("leads out of it"), fault.getMessage());
        var cached = new CachedModel("hf:owner/name", HubTwin.COMMIT, List.of("main"), 0, "", Instant.EPOCH, folder);
        assertEquals(Verdict.UNKNOWN, hub().cache().verify(cached).getFirst().verdict());
        hub().cache().remove(cached);
        assertTrue(Files.exists(secret));
        assertFalse(Files.exists(repository()));
    }

    @Test
    void readsPinnedFilesOfTheWeb() throws IOException {
        byte[] weights = model();
        String address = twin.store() + "/objects/" + HubTwin.sha256(weights);
        var reference = ModelReference.parse(address + "#sha256=" + HubTwin.sha256(weights));
        twin.script.add(twin.cutAfter(1000));
        Path file = hub().pull(reference, SILENT).folder(ModelPart.ANY);
        assertArrayEquals(weights, Files.readAllBytes(file));
        int asked = twin.seen.size();
        assertEquals(file, hub().pull(reference, SILENT).folder(ModelPart.ANY));
        assertEquals(file, hub().find(reference).folder(ModelPart.ANY));
        assertEquals(asked, twin.seen.size());
        assertTrue(twin.seen.stream().allMatch(seen -> seen.authorization() == null));
        var wrong = ModelReference.parse(address + "#sha256=" + "0".repeat(64));
        assertRefused(settings("hf_token"), wrong, "expected SHA256 000", "found " + HubTwin.sha256(weights));
        assertRefused(settings(), ModelReference.parse(twin.store() + "/none#sha256=" + "1".repeat(64)), "answers 404");
        assertTrue(twin.seen.stream().allMatch(seen -> seen.authorization() == null));
    }

    @Test
    void opensNoSocketUnlessItPulls() {
        model();
        hub().pull(MODEL, SILENT);
        List<URI> asked = new ArrayList<>();
        ProxySelector before = ProxySelector.getDefault();
        ProxySelector.setDefault(new ProxySelector() {
            @Override
            public List<Proxy> select(URI uri) {
                asked.add(uri);
                return List.of(new Proxy(Proxy.Type.HTTP, new InetSocketAddress("127.0.0.1", 1)));
            }

            @Override
            public void connectFailed(URI uri, SocketAddress address, IOException e) {}
        });
        try {
            int seen = twin.seen.size();
            var hub = hub();
            hub.find(MODEL);
            hub.cache().verify(hub.cache().list().getFirst());
            assertThrows(HubException.class, () -> hub.find(ModelReference.parse("dalle-mini")));
            hub.pull(ModelReference.parse("hf:owner/name@" + HubTwin.COMMIT), SILENT);
            hub.pull(ModelReference.parse("file:" + home), SILENT);
            assertThrows(HubException.class, () -> new Hub(settings().withOffline(true)).pull(ModelReference.parse(
                    "dalle-mini"), SILENT));
            assertEquals(List.of(), asked);
            assertEquals(seen, twin.seen.size());
            assertThrows(HubException.class, () -> hub.pull(MODEL, SILENT), "the guard sees a socket");
            assertFalse(asked.isEmpty());
        } finally {
            ProxySelector.setDefault(before);
        }
    }
}
