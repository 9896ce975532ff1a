package io.github.smalti.weights.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PullTest extends HubFixture {
    @Test
    void laysFilesOutAsPythonsClientDoes() throws IOException {
        byte[] weights = model();
        PulledModel pulled = hub().pull(MODEL, SILENT);
        assertWhole(weights);
        Path snapshot = repository().resolve("snapshots").resolve(HubTwin.COMMIT);
        assertEquals(snapshot, pulled.folder(ModelPart.TRANSFORMER));
        assertEquals("../../blobs/" + HubTwin.sha256(weights),
                Files.readSymbolicLink(snapshot.resolve("model.safetensors")).toString());
        assertEquals("../../blobs/" + HubTwin.gitSha1(text("{}")),
                Files.readSymbolicLink(snapshot.resolve("config.json")).toString());
        assertEquals(HubTwin.COMMIT, Files.readString(repository().resolve("refs/main")));
        assertFalse(Files.exists(snapshot.resolve("README.md")), "only what the model needs");
        assertEquals(List.of("config.json", "model.safetensors"), pulled.parts().getFirst().files().stream().map(
                PulledModel.File::name).toList());
        assertTrue(twin.seen.stream().allMatch(seen -> "identity".equals(seen.encoding())));
    }

    @Test
    void fetchesNothingTwice() {
        model();
        hub().pull(MODEL, SILENT);
        long served = twin.served.get();
        PulledModel again = hub().pull(MODEL, SILENT);
        assertTrue(again.parts().getFirst().files().stream().noneMatch(PulledModel.File::isFetched));
        assertEquals(1, requests("store").size());
        assertEquals(List.of("GET /api/models/owner/name/revision/main"), requests("hub").subList(
                requests("hub").size() - 1, requests("hub").size()));
        assertTrue(twin.served.get() - served < 2000, "the listing only");
    }

    @Test
    void asksNobodyForACommitThatIsHere() {
        model();
        hub().pull(MODEL, SILENT);
        int asked = twin.seen.size();
        var pinned = ModelReference.parse("hf:owner/name@" + HubTwin.COMMIT);
        assertEquals(2, hub().pull(pinned, SILENT).parts().getFirst().files().size());
        assertEquals(asked, twin.seen.size());
    }

    @Test
    void takesWhatPythonsClientFetched() throws IOException {
        byte[] weights = model();
        Path snapshot = Files.createDirectories(repository().resolve("snapshots").resolve(HubTwin.COMMIT));
        Files.createDirectories(repository().resolve("blobs"));
        Files.write(blob(weights), weights); // a blob of another revision, without a name in this one
        Files.write(blob(text("{}")), text("{}"));
        Files.createSymbolicLink(snapshot.resolve("config.json"),
                Path.of("../../blobs/" + HubTwin.gitSha1(text("{}"))));
        hub().pull(MODEL, SILENT);
        assertWhole(weights);
        assertEquals(List.of(), requests("store"));
        assertEquals(1, requests("hub").size(), "the listing");
    }

    @Test
    void prefersTheFormatThatIsHere() throws IOException {
        byte[] weights = model();
        byte[] flax = bytes(5000, 2);
        twin.with("flax_model.msgpack", flax);
        Files.createDirectories(repository().resolve("blobs"));
        Files.write(blob(flax), flax);
        PulledModel pulled = hub().pull(MODEL, SILENT);
        assertTrue(Files.exists(pulled.folder(ModelPart.ANY).resolve("flax_model.msgpack")));
        assertFalse(Files.exists(blob(weights)));
    }

    @Test
    void asksForEachHashWhereTheListingHasNone() throws IOException {
        byte[] weights = model();
        twin.listsHashes = false;
        hub().pull(MODEL, SILENT);
        assertWhole(weights);
        assertTrue(requests("hub").contains("HEAD /owner/name/resolve/" + HubTwin.COMMIT + "/model.safetensors"));
        assertEquals(List.of("GET /objects/" + HubTwin.sha256(weights)), requests("store"), "no HEAD there");
    }

    @Test
    void fetchesShardsThroughTheirIndex() throws IOException {
        byte[] one = bytes(4000, 1);
        byte[] two = bytes(5000, 2);
        twin.with("config.json", text("{}")).with("model-00001-of-00002.safetensors", one)
                .with("model-00002-of-00002.safetensors", two).with("extra.safetensors", bytes(2000, 3))
                .with("model.safetensors.index.json", text(
                        "{\"weight_map\":{\"a\":\"model-00001-of-00002.safetensors\",\"b\":\"model-00002-of-00002.safetensors\"}}"));
        Path folder = hub().pull(MODEL, SILENT).folder(ModelPart.ANY);
        assertArrayEquals(two, Files.readAllBytes(folder.resolve("model-00002-of-00002.safetensors")));
        assertFalse(Files.exists(folder.resolve("extra.safetensors")));
        assertEquals(4, hub().find(MODEL).parts().getFirst().files().size());
        Files.delete(folder.resolve("model-00001-of-00002.safetensors"));
        assertThrows(HubException.class, () -> hub().find(MODEL), "a shard is missing");
    }

    @Test
    void refusesAnIndexThatNamesFilesElsewhere() {
        twin.with("model.safetensors.index.json", text("{\"weight_map\":{\"a\":\"../../evil\"}}"));
        assertRefused(settings(), MODEL, "'../../evil'", "no plain name");
    }

    @Test
    void followsABranchThatMoved() throws IOException {
        byte[] weights = model();
        hub().pull(MODEL, SILENT);
        twin.commit = "f".repeat(40);
        byte[] newer = bytes(2000, 9);
        twin.with("model.safetensors", newer);
        Path folder = hub().pull(MODEL, SILENT).folder(ModelPart.ANY);
        assertEquals(twin.commit, folder.getFileName().toString());
        assertArrayEquals(newer, Files.readAllBytes(folder.resolve("model.safetensors")));
        assertEquals(twin.commit, Files.readString(repository().resolve("refs/main")));
        assertTrue(Files.exists(blob(weights)), "the old revision stays");
        var pinned = ModelReference.parse("hf:owner/name@" + HubTwin.COMMIT);
        assertEquals(HubTwin.COMMIT, hub().find(pinned).parts().getFirst().revision());
    }

    @Test
    void keepsBranchesWithSlashes() throws IOException {
        byte[] weights = model();
        hub().pull(ModelReference.parse("hf:owner/name@pr/1"), SILENT);
        assertEquals(HubTwin.COMMIT, Files.readString(repository().resolve("refs/pr/1")));
        assertWhole(weights);
    }

    @Test
    void copiesWhereLinksMayNotBeMade() throws IOException {
        byte[] weights = model();
        HubSettings with = settings();
        var without = new HubSettings(with.hubEndpoint(), with.hubCache(), null, with.wandbEndpoint(), null,
                with.ownCache(), false, false, QUICK);
        Path folder = new Hub(without).pull(MODEL, SILENT).folder(ModelPart.ANY);
        assertFalse(Files.isSymbolicLink(folder.resolve("model.safetensors")));
        assertWhole(weights);
        long served = requests("store").size();
        new Hub(without).pull(MODEL, SILENT);
        assertEquals(served, requests("store").size());
    }

    @Test
    void replacesABlobOfAnotherLength() throws IOException {
        byte[] weights = model();
        Files.createDirectories(repository().resolve("blobs"));
        Files.write(blob(weights), bytes(100, 3)); // as a client that does not check may leave it
        hub().pull(MODEL, SILENT);
        assertWhole(weights);
    }

    @Test
    void fetchesChosenFiles() {
        model();
        PulledModel pulled = hub().pull(MODEL, List.of("*.md", "config.json"), SILENT);
        assertEquals(List.of("README.md", "config.json"), pulled.parts().getFirst().files().stream().map(
                PulledModel.File::name).toList());
        var refusal = assertThrows(HubException.class, () -> hub().pull(MODEL, List.of("*.onnx"), SILENT));
        assertTrue(refusal.getMessage().contains("has no file *.onnx, only README.md"
                .replace("README.md", "config.json")), refusal.getMessage());
    }

    @Test
    void refusesNamesThatLeaveTheFolder() throws IOException {
        for (String name : List.of("../evil.json", "/etc/evil", "a/../../evil", "a\\\\..\\\\evil", "c:evil",
                "a\\nb\\nc", "a//b",
                "")) {
            twin.files.clear();
            twin.with(name, text("{}")).with("model.safetensors", bytes(2000, 1));
            assertRefused(settings(), MODEL, "it is not fetched");
            assertEquals(List.of(), requests("store"));
        }
        assertFalse(Files.exists(home.resolve("hub")));
    }

    @Test
    void refusesLengthsThatCannotBe() {
        for (long length : new long[]{-2, Long.MAX_VALUE / 2}) {
            twin.hubScript.add((exchange, _) -> twin.send(exchange, 200, text("{\"sha\":\"" + HubTwin.COMMIT
                    + "\",\"siblings\":[{\"rfilename\":\"model.safetensors\",\"size\":" + length + ",\"blobId\":\""
                    + "b".repeat(40) + "\"}]}")));
            assertRefused(settings(), MODEL, "model.safetensors: expected its length, found " + length);
        }
    }

    @Test
    void tellsRateAndTimeLeft() {
        byte[] weights = model();
        List<PullProgress> events = new ArrayList<>();
        hub().pull(MODEL, events::add);
        PullProgress last = events.getLast();
        assertEquals(weights.length + 2, last.doneBytes());
        assertEquals(weights.length + 2, last.totalBytes());
        assertEquals(0, last.secondsLeft(), 1e-9);
        assertTrue(last.bytesPerSecond() > 0);
        assertEquals(-1, new PullProgress("f", "", 1, -1, 5).secondsLeft());
        assertEquals(4, new PullProgress("f", "", 10, 30, 5).secondsLeft());
    }

    @Test
    void saysWhatTheDiskLacksBeforeTheFirstByte() {
        byte[] weights = model();
        var full = new Hub(settings(), new io.github.smalti.weights.hub.internal.Disk() {
            @Override
            public long free(Path folder) { return 250_000; }
        });
        var refusal = assertThrows(HubException.class, () -> full.pull(MODEL, SILENT));
        assertTrue(refusal.getMessage().contains("needs 1.35 MB"), refusal.getMessage());
        assertTrue(refusal.getMessage().contains("250.00 kB are free"), refusal.getMessage());
        assertEquals(List.of(), requests("store"));
        assertFalse(Files.exists(blob(weights)));
    }
}
