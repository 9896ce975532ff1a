package io.github.smalti.weights.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.weights.hub.internal.Credential;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

class RedirectsTest extends HubFixture {
    private static final String TOKEN = "hf_abcdefghijklmnopqrstuvwxyz";

    @Test
    void sendsTheTokenToTheHubOnly() throws IOException {
        byte[] weights = model();
        twin.wantedToken = TOKEN;
        new Hub(settings(TOKEN)).pull(MODEL, SILENT);
        assertWhole(weights);
        int toStore = 0;
        for (HubTwin.Seen seen : twin.seen) {
            if (seen.host().equals("hub")) {
                assertEquals("Bearer " + TOKEN, seen.authorization(), seen.path());
            } else {
                assertNull(seen.authorization(), seen.path());
                toStore++;
            }
        }
        assertEquals(1, toStore);
    }

    @Test
    void neverShowsTheTokenNorASignedAddress() {
        model();
        HubSettings settings = settings(TOKEN);
        assertFalse(settings.toString().contains(TOKEN), settings.toString());
        assertFalse(new Credential(twin.endpoint(), "Bearer " + TOKEN).toString().contains(TOKEN));
        for (int status : new int[]{400, 401, 403, 404, 418, 500}) {
            twin.always = HubTwin.status(status);
            String said = assertRefused(settings, MODEL, Integer.toString(status));
            assertFalse(said.contains(TOKEN) || said.contains("signed-secret"), said);
            twin.hubScript.addAll(java.util.Collections.nCopies(4, HubTwin.status(status)));
            assertFalse(assertRefused(settings, MODEL).contains(TOKEN));
            twin.hubScript.clear();
        }
        var fault = assertThrows(HubException.class, () -> new Secret("hf_\u00e9" + TOKEN, "HF_TOKEN"));
        assertFalse(fault.getMessage().contains(TOKEN), fault.getMessage());
    }

    @Test
    void endsALoop() {
        model();
        twin.always = HubTwin.status(302, "Location",
                "/objects/" + HubTwin.sha256(twin.files.get("model.safetensors")));
        assertRefused(settings(), MODEL, "more than 5 redirects");
        assertEquals(5, requests("store").size(), "the sixth redirect is not followed");
    }

    @Test
    void refusesOtherSchemesAndEmptyRedirects() {
        model();
        for (String location : List.of("file:///etc/passwd", "ftp://host/x", "http://user:pass@127.0.0.1/x",
                "jar:x!/y", "http://127.0.0.1:0/x", "http://127.0.0.1:65536/x")) {
            twin.script.add(HubTwin.status(302, "Location", location));
            assertRefused(settings(), MODEL, "expected an address of the web");
        }
        twin.script.add(HubTwin.status(302));
        assertRefused(settings(), MODEL, "redirects without saying whereto");
        twin.script.add(HubTwin.status(302, "Location", "http://[broken"));
        assertRefused(settings(), MODEL, "redirects to what is no address");
    }

    @Test
    void givesACredentialToItsOriginOnly() {
        var hub = new Credential(URI.create("https://hub.example"), "Bearer x");
        assertTrue(hub.isFor(URI.create("https://HUB.example:443/a")));
        for (String other : List.of("http://hub.example/a", "https://hub.example:8443/a", "https://cdn.hub.example/a",
                "https://hub.example.evil/a", "https://evil/hub.example")) {
            assertFalse(hub.isFor(URI.create(other)), other);
        }
        var clear = new Credential(URI.create("http://hub.example"), "Bearer x");
        assertFalse(clear.isFor(URI.create("http://hub.example/a")), "never in the clear");
        assertTrue(new Credential(URI.create("http://127.0.0.1:80"), "x").isFor(URI.create("http://127.0.0.1/a")));
        assertFalse(
                new Credential(URI.create("http://127.0.0.1.evil"), "x").isFor(URI.create("http://127.0.0.1.evil")));
    }
}
