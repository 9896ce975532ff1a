package io.github.smalti.weights.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.weights.hub.CachedModel.CheckedFile;
import io.github.smalti.weights.hub.CachedModel.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Caches as other programs, older versions and accidents leave them.
class HubFoldersTest extends HubFixture {
    private static final String DIGEST = "d".repeat(32);

    private Path put(String folder, String revision, String name) throws IOException {
        Path file = home.resolve("hub").resolve(folder).resolve("snapshots").resolve(revision).resolve(name);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, name);
    }

    private List<String> listed() {
        return hub().cache().list().stream().map(model -> model.reference() + " " + model.format()).toList();
    }

    @Test
    void namesModelsByTheirFolders() throws IOException {
        put("models--gpt2", HubTwin.COMMIT, "model.safetensors");
        put("models--a--b", HubTwin.COMMIT, "flax_model.msgpack");
        put("wandb--a--b--c", DIGEST, "x.tar.gz");
        put("web--" + "e".repeat(64), "e".repeat(64), "x.pt");
        for (String other : List.of("models", "models--a--b--c", "wandb--a", "web", "web--a--b", "datasets--a--b")) {
            put(other, DIGEST, "x.pt");
        }
        Files.writeString(home.resolve("hub/version.txt"), "1");
        assertEquals(List.of("hf:a/b Flax", "hf:gpt2 safetensors", "https:#sha256=" + "e".repeat(64) + " PyTorch",
                "wandb:a/b/c archive"), listed());
    }

    @Test
    void namesFormatsByTheirSuffix() throws IOException {
        for (String name : List.of("a.bin", "b.pth", "c.ckpt", "d.pkl", "e.txt.gz", "f.json", "g.msgpack", "h")) {
            put("models--a--b", HubTwin.COMMIT, name);
        }
        assertEquals(List.of("hf:a/b Flax, PyTorch"), listed());
    }

    @Test
    void listsRevisionsThatAReferenceNames() throws IOException {
        put("models--a--b", HubTwin.COMMIT, "model.safetensors");
        put("models--a--b", "e".repeat(40), "model.safetensors");
        Path refs = Files.createDirectories(home.resolve("hub/models--a--b/refs"));
        Files.writeString(refs.resolve("main"), HubTwin.COMMIT);
        Files.writeString(refs.resolve("v1.tmp"), HubTwin.COMMIT);
        Files.writeString(refs.resolve("odd"), "not a commit");
        Files.writeString(refs.resolve("long"), "a".repeat(10_000));
        HubCache cache = hub().cache();
        assertEquals(2, cache.list(ModelReference.parse("hf:a/b")).size());
        assertEquals(List.of("main"), cache.list(ModelReference.parse("hf:a/b@" + HubTwin.COMMIT)).getFirst().refs());
        for (String ref : List.of("odd", "long", "v9")) {
            assertEquals(0, cache.list(ModelReference.parse("hf:a/b@" + ref)).size(), ref);
        }
        assertEquals(List.of(), cache.list(ModelReference.parse("file:/a")));
        assertEquals(List.of(), cache.list(ModelReference.parse("wandb:a/b/c:v1")));
    }

    /// A cache without links holds copies; they are recognised by the blob whose name is their hash.
    @Test
    void verifiesCopies() throws IOException {
        byte[] weights = model();
        HubSettings with = settings();
        var copying = new HubSettings(with.hubEndpoint(), with.hubCache(), null, with.wandbEndpoint(), null,
                with.ownCache(), false, false, QUICK);
        new Hub(copying).pull(MODEL, SILENT);
        HubCache cache = new Hub(copying).cache();
        CachedModel model = cache.list().getFirst();
        List<CheckedFile> checked = cache.verify(model);
        assertEquals(List.of(Verdict.GOOD, Verdict.GOOD), checked.stream().map(CheckedFile::verdict).toList());
        Files.deleteIfExists(checked.getLast().path());
        Files.write(checked.getLast().path(), weights);
        assertEquals(Verdict.GOOD, cache.verify(model).getLast().verdict());
        Files.write(checked.getLast().path(), new byte[]{1});
        assertEquals(Verdict.UNKNOWN, cache.verify(model).getLast().verdict());
        cache.remove(model, cache.verify(model).getLast());
        assertFalse(Files.exists(checked.getLast().path()));
        cache.remove(model, checked.getLast()); // it is gone already
        assertTrue(Files.exists(blob(weights)), "not the copy's own content");
    }

    @Test
    void keepsWhatIsBeingFetched() throws IOException {
        byte[] weights = model();
        hub().pull(MODEL, SILENT);
        twin.commit = "d".repeat(40);
        hub().pull(MODEL, SILENT);
        Path partial = Files.write(blob(weights).resolveSibling("f".repeat(64) + ".incomplete"), new byte[5]);
        Path broken = repository().resolve("snapshots").resolve("d".repeat(40)).resolve("gone.json");
        Files.createSymbolicLink(broken, Path.of("../../blobs/none"));
        CachedModel old = hub().cache().list().stream().filter(model -> model.refs().isEmpty()).findFirst()
                .orElseThrow();
        hub().cache().remove(old);
        assertTrue(Files.exists(partial));
        assertTrue(Files.exists(blob(weights)));
    }

    @Test
    void findsWhatIsWhole() throws IOException {
        put("models--a--b", HubTwin.COMMIT, "model.safetensors.index.json");
        Path refs = Files.createDirectories(home.resolve("hub/models--a--b/refs"));
        Files.writeString(refs.resolve("main"), HubTwin.COMMIT);
        Hub hub = hub();
        var reference = ModelReference.parse("hf:a/b");
        assertThrows(HubException.class, () -> hub.find(reference), "an index that is none");
        Path index = put("models--a--b", HubTwin.COMMIT, "model.safetensors.index.json");
        Files.writeString(index, "{\"weight_map\": {\"w\": \"model-1.safetensors\"}}");
        assertThrows(HubException.class, () -> hub.find(reference), "a shard is missing");
        put("models--a--b", HubTwin.COMMIT, "model-1.safetensors");
        assertEquals(2, hub.find(reference).parts().getFirst().files().size());
        PulledModel pinned = hub.find(ModelReference.parse("hf:a/b@" + HubTwin.COMMIT));
        assertEquals(2, pinned.parts().getFirst().files().size());
        assertEquals(index.getParent(), pinned.folder(ModelPart.TRANSFORMER));
        for (String other : List.of("hf:a/c", "wandb:a/b/c:v1", "https://h/x#sha256=" + "0".repeat(64))) {
            String said = assertThrows(HubException.class, () -> hub.find(ModelReference.parse(other))).getMessage();
            assertTrue(said.contains("is not here, run: ./smalti pull "), said);
        }
        assertEquals(home, hub.find(ModelReference.parse("file:" + home)).folder(ModelPart.ANY));
        assertTrue(assertThrows(HubException.class, () -> hub.find(ModelReference.parse("file:/no/such"))).getMessage()
                .contains("/no/such: no such file or folder"));
        assertEquals(settings(), hub.settings());
    }

    @Test
    void tellsWhatAKnownModelLacks() {
        var known = ModelReference.parse("dalle-mini");
        String said = assertThrows(HubException.class, () -> hub().find(known)).getMessage();
        assertTrue(said.matches("dalle-mini: is not here \\(.* is missing\\), run: \\./smalti pull dalle-mini"), said);
        said = assertThrows(HubException.class, () -> hub().pull(known, List.of("*.pt"), SILENT)).getMessage();
        assertTrue(said.contains("files can be chosen of one repository only, such as "), said);
    }

    @Test
    void keepsPartsApart() {
        var part = new PulledModel.Part(ModelPart.CODEC, MODEL, "", home, List.of());
        var model = new PulledModel(MODEL, new ArrayList<>(List.of(part)));
        assertEquals(home, model.folder(ModelPart.CODEC));
        assertTrue(assertThrows(HubException.class, () -> model.folder(ModelPart.CLIP)).getMessage()
                .contains("hf:owner/name: has no part CLIP"));
    }

    @Test
    void readsTheFormsOfSettings() throws IOException {
        Path file = home.resolve("keys");
        Files.write(file, new byte[(1 << 20) + 1]);
        String said = assertThrows(HubException.class,
                () -> HubSettings.of(name -> name.equals("NETRC") ? file.toString() : null, home)).getMessage();
        assertTrue(said.endsWith("keys: expected at most 1 MiB, found more"), said);
        assertEquals(home.toAbsolutePath(), HubSettings.of(name -> name.equals("HF_HUB_CACHE") ? "~" : null, home)
                .hubCache());
        assertEquals(home.resolve(".cache/smalti/hub"), HubSettings.of(_ -> "  ", home).ownCache());
        for (String odd : List.of("https://host?x=1", "https:///x", "mailto:a")) {
            assertThrows(HubException.class,
                    () -> HubSettings.of(name -> name.equals("HF_ENDPOINT") ? odd : null, home));
        }
    }

    @Test
    void refusesReferencesThatCannotBeFolders() {
        for (String odd : List.of("hf:a/b.", "hf:a./b", "hf:a/b@x/", "hf:a/b@x.", "hf:a/b@x/.y", "wandb:a/b/c--d:e",
                "wandb:a/b/c..d:e", "http://h/x#sha256=" + "g".repeat(64), "file:\0")) {
            assertThrows(HubException.class, () -> ModelReference.parse(odd), odd);
        }
        assertEquals(ModelReference.parse("wandb:a/b/c:v1"), ModelReference.parse("wandb://a/b/c:v1"));
        for (String text : List.of("HTTP://x", "https:x", "WANDB:x", "file:x"))
            assertTrue(ModelReference.isReference(text));
    }
}
