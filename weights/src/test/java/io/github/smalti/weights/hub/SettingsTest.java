package io.github.smalti.weights.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.weights.hub.ModelReference.HuggingFace;
import io.github.smalti.weights.hub.ModelReference.Wandb;
import io.github.smalti.weights.hub.ModelReference.Web;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// References and variables.
class SettingsTest {
    @TempDir
    Path home;

    private HubSettings of(String... variables) {
        var map = new java.util.HashMap<String, String>();
        for (int i = 0; i < variables.length; i += 2) map.put(variables[i], variables[i + 1]);
        return HubSettings.of(map::get, home);
    }

    @Test
    void readsReferences() {
        assertEquals(new HuggingFace("a", "b.c", "main"), ModelReference.parse("hf:a/b.c"));
        assertEquals(new HuggingFace("a", "b", "refs/pr/1"), ModelReference.parse("hf:a/b@refs/pr/1"));
        assertEquals(new HuggingFace("a", "b", "main"), ModelReference.parse("hf://a/b"));
        assertEquals(new Wandb("e", "p", "a", "v3"), ModelReference.parse("wandb:e/p/a:v3"));
        assertEquals(new Wandb("e", "p", "a", "latest"), ModelReference.parse("wandb:e/p/a"));
        String hash = "Ab".repeat(32);
        var web = (Web) ModelReference.parse("https://host/x.pt#sha256=" + hash);
        assertEquals(hash.toLowerCase(java.util.Locale.ROOT), web.sha256());
        assertEquals(new ModelReference.Local(Path.of("/a/b")), ModelReference.parse("file:///a/b"));
        assertEquals(new ModelReference.Local(Path.of("a/b")), ModelReference.parse("file:a/b"));
        for (String text : List.of("hf:a/b", "hf:a/b@v1", "wandb:e/p/a:latest", "file:a", "dalle-mini", "dalle-mega")) {
            assertTrue(ModelReference.isReference(text));
            assertEquals(text, ModelReference.parse(text).toString());
        }
        assertFalse(ModelReference.isReference("models/dalle-mini"));
    }

    @Test
    void refusesWhatIsNoReference() {
        for (String text : List.of("", "hf:", "hf:a", "hf:a/b/c", "hf:../b", "hf:a/..", "hf:a--b/c", "hf:a/b@",
                "hf:a/b@../c",
                "hf:a/b@/etc", "hf:a/b@x//y", "hf:a/b@.git", "hf:a/b c", "hf:a\u0000/b", "wandb:a/b", "wandb:a/b/c:",
                "wandb:../b/c:d", "wandb:a/b/c:../d", "https://host/x", "https://host/x#sha256=12", "https://u:p@host/x"
                        + "#sha256=" + "0".repeat(64),
                "https:///x#sha256=" + "0".repeat(64), "https://[#sha256=0",
                "gopher:x", "some-model")) {
            var refusal = assertThrows(HubException.class, () -> ModelReference.parse(text), text);
            assertTrue(refusal.getMessage().contains("expected"), refusal.getMessage());
        }
    }

    @Test
    void knowsTheFamily() {
        for (KnownModel model : KnownModel.ALL) {
            assertEquals(3, model.parts().size());
            assertEquals("dalle-mini/" + model.name(), model.parts().get(ModelPart.TRANSFORMER).owner() + "/" + model
                    .parts().get(ModelPart.TRANSFORMER).name());
            assertTrue(model.parts().get(ModelPart.CODEC).isPinned());
        }
    }

    @Test
    void findsCachesAsPythonsClientDoes() {
        assertEquals(home.resolve(".cache/huggingface/hub"), of().hubCache());
        assertEquals(Path.of("/x/huggingface/hub"), of("XDG_CACHE_HOME", "/x").hubCache());
        assertEquals(Path.of("/h/hub"), of("XDG_CACHE_HOME", "/x", "HF_HOME", "/h").hubCache());
        assertEquals(Path.of("/c"), of("HF_HOME", "/h", "HUGGINGFACE_HUB_CACHE", "/c").hubCache());
        assertEquals(Path.of("/d"), of("HUGGINGFACE_HUB_CACHE", "/c", "HF_HUB_CACHE", "/d").hubCache());
        assertEquals(home.resolve("m"), of("HF_HUB_CACHE", "~/m").hubCache());
        assertEquals(home.resolve(".cache/smalti/hub"), of().ownCache());
        assertEquals(Path.of("/s/hub"), of("SMALTI_CACHE", "/s").ownCache());
    }

    @Test
    void readsSwitches() {
        assertFalse(of().isOffline());
        for (String yes : List.of("1", "true", "YES", "on")) assertTrue(of("HF_HUB_OFFLINE", yes).isOffline(), yes);
        assertTrue(of("TRANSFORMERS_OFFLINE", "1").isOffline());
        assertFalse(of("HF_HUB_OFFLINE", "0").isOffline());
        assertFalse(of("HF_HUB_DISABLE_SYMLINKS", "1").canLink());
        assertEquals("https://mirror/hf", of("HF_ENDPOINT", "https://mirror/hf/").hubEndpoint().toString());
        for (String bad : List.of("mirror", "https://user:secret@mirror", "ftp://mirror", "https://[")) {
            String said = assertThrows(HubException.class, () -> of("HF_ENDPOINT", bad)).getMessage();
            assertTrue(said.startsWith("HF_ENDPOINT: expected an address"), said);
            assertFalse(said.contains("secret"), said);
        }
    }

    @Test
    void readsTokens() throws IOException {
        assertNull(of().hubToken());
        assertEquals("t", of("HF_TOKEN", " t\n").hubToken().reveal());
        Files.createDirectories(home.resolve(".cache/huggingface"));
        Files.writeString(home.resolve(".cache/huggingface/token"), "from-file\n");
        assertEquals("from-file", of().hubToken().reveal());
        assertEquals("t", of("HF_TOKEN", "t").hubToken().reveal());
        assertNull(of("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1").hubToken());
        Files.writeString(home.resolve("elsewhere"), "other");
        assertEquals("other", of("HF_TOKEN_PATH", home.resolve("elsewhere").toString()).hubToken().reveal());
        Files.writeString(home.resolve("elsewhere"), "two\nlines");
        String said = assertThrows(HubException.class, () -> of("HF_TOKEN_PATH", home.resolve("elsewhere").toString()))
                .getMessage();
        assertTrue(said.contains("elsewhere") && !said.contains("two"), said);
        assertEquals("***", of("HF_TOKEN", "hf_x").hubToken().toString());
    }
}
