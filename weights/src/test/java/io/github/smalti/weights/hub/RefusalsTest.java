package io.github.smalti.weights.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.net.URI;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;

/// Sentences for what a service refuses: what, where, and what to type.
class RefusalsTest extends HubFixture {
    @Test
    void saysHowToOpenAGatedModel() {
        model();
        twin.wantedToken = "hf_wanted";
        twin.isGated = true;
        assertRefused(settings(), MODEL, "accept its terms in a browser at " + twin.endpoint() + "/owner/name",
                "export HF_TOKEN=");
        twin.hubScript.add((exchange, _) -> HubTwin.fail(exchange, 403, "GatedRepo"));
        assertRefused(settings("hf_other"), MODEL, "with the account of your token");
        assertEquals(2, twin.seen.size(), "a refusal is not tried again");
    }

    @Test
    void saysThatAModelIsMissingOrPrivate() {
        model();
        assertRefused(settings(), ModelReference.parse("hf:owner/nmae"), "there is no such model, or it is private",
                "export HF_TOKEN=");
        twin.wantedToken = "hf_wanted";
        assertRefused(settings("hf_wrong"), MODEL, "whether your token is valid");
    }

    @Test
    void saysThatARevisionIsMissing() {
        model();
        assertRefused(settings(), ModelReference.parse("hf:owner/name@v9"), "no branch, tag or commit v9",
                "/owner/name/tree/main");
    }

    @Test
    void saysThatThereAreNoWeights() {
        twin.with("README.md", text("# nothing"));
        assertRefused(settings(), MODEL, "expected the weights of a model, found README.md", "--file");
    }

    @Test
    void tellsALoginPageFromAHub() {
        twin.hubScript.add((exchange, _) -> twin.send(exchange, 200, text("<html>please log in")));
        assertRefused(settings(), MODEL, "does not answer like a model hub", "HF_ENDPOINT");
        twin.hubScript.add((exchange, _) -> twin.send(exchange, 200, text("{\"sha\":\"../../x\",\"siblings\":[]}")));
        assertRefused(settings(), MODEL, "expected a commit");
    }

    @Test
    void escapesForeignText() {
        twin.hubScript.add((exchange, _) -> twin.send(exchange, 200, text(
                "{\"sha\":\"" + HubTwin.COMMIT + "\",\"siblings\":[{\"rfilename\":\"a\\u001b[31m" + "b".repeat(3000)
                        + "\"}]}")));
        String said = assertRefused(settings(), MODEL, "a\\u001b[31mb");
        assertFalse(said.chars().anyMatch(Character::isISOControl));
    }

    @Test
    void saysThatThereIsNoConnection() {
        HubSettings with = settings();
        var nowhere = new HubSettings(URI.create("http://127.0.0.1:1"), with.hubCache(), null, with.wandbEndpoint(),
                null,
                with.ownCache(), false, true, QUICK);
        assertRefused(nowhere, MODEL, "hf:owner/name: ", "tried 4 times; check the connection");
    }

    @Test
    void staysOfflineIfToldTo() {
        model();
        HubSettings offline = settings().withOffline(true);
        assertRefused(offline, MODEL, "HF_HUB_OFFLINE forbids the network");
        assertEquals(0, twin.seen.size());
        hub().pull(MODEL, SILENT);
        int asked = twin.seen.size();
        assertEquals(2, new Hub(offline).pull(MODEL, SILENT).parts().getFirst().files().size());
        assertEquals(asked, twin.seen.size());
    }

    @Test
    void saysWhatToRunForAModelThatIsNotHere() {
        model();
        var missing = org.junit.jupiter.api.Assertions.assertThrows(HubException.class, () -> hub().find(MODEL));
        assertEquals("hf:owner/name: is not here, run: ./smalti pull hf:owner/name", missing.getMessage());
        assertEquals(0, twin.seen.size());
        assertFalse(Files.exists(home.resolve("hub")));
    }
}
