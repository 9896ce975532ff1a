package io.github.smalti.weights.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.github.smalti.weights.hub.internal.ContentHash;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Against a twin of Weights & Biases: one GraphQL query in pages, files from signed addresses of another host (here the
/// store of [HubTwin]); a missing project or artifact is `null`, a refusal comes with status 200 and `errors`.
class WandbTest extends HubFixture {
    private static final String KEY = "0123456789abcdef0123456789abcdef01234567";
    private static final ModelReference ARTIFACT = ModelReference.parse("wandb:team/project/mini-1:v0");
    private static final String DIGEST = "00112233445566778899aabbccddeeff";

    private final List<JsonNode> queries = new ArrayList<>();
    private final List<String> authorizations = new ArrayList<>();
    private HttpServer server;
    private volatile String answer;
    private volatile IntFunction<String> digest = _ -> DIGEST;
    private byte[] weights;

    @BeforeEach
    void serve() throws IOException {
        weights = bytes(200_000, 3);
        twin.with("flax_model.msgpack", weights).with("config.json", bytes(1200, 4)).with("vocab.json", bytes(1500, 5));
        server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.createContext("/graphql", this::graphql);
        server.start();
    }

    @AfterEach
    void stop() { server.stop(0); }

    private void graphql(HttpExchange exchange) throws IOException {
        try (exchange) {
            JsonNode query = new ObjectMapper().readTree(exchange.getRequestBody());
            queries.add(query);
            authorizations.add(exchange.getRequestHeaders().getFirst("Authorization"));
            byte[] body = (answer != null ? answer : page(query.path("variables"))).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    /// One file a page.
    private String page(JsonNode variables) {
        boolean isKnown = variables.path("entity").asText().equals("team") && variables.path("project").asText().equals(
                "project");
        if (!isKnown) return "{\"data\":{\"project\":null}}";
        if (!variables.path("name").asText().equals("mini-1:v0")) return "{\"data\":{\"project\":{\"artifact\":null}}}";
        int at = variables.path("cursor").isNull() ? 0 : Integer.parseInt(variables.path("cursor").asText());
        var entry = new ArrayList<Map.Entry<String, byte[]>>(twin.files.entrySet()).get(at);
        String md5 = Base64.getEncoder().encodeToString(HexFormat.of().parseHex(HubTwin.hash(ContentHash.Kind.MD5, entry
                .getValue())));
        return "{\"data\":{\"project\":{\"artifact\":{\"id\":\"QXJ0\",\"digest\":\"" + digest.apply(at)
                + "\",\"files\":{\"pageInfo\":{\"hasNextPage\":" + (at + 1 < twin.files.size()) + ",\"endCursor\":\""
                + (at + 1) + "\"},\"edges\":[{\"node\":{\"name\":\"" + entry.getKey() + "\",\"sizeBytes\":"
                + entry.getValue().length + ",\"md5\":\"" + md5 + "\",\"directUrl\":\"" + twin.store() + "/objects/"
                + HubTwin.sha256(entry.getValue()) + "?X-Signature=signed-secret\"}}]}}}}}";
    }

    private HubSettings with(String key) {
        HubSettings usual = settings();
        return new HubSettings(usual.hubEndpoint(), usual.hubCache(), null, URI.create("http://127.0.0.1:" + server
                .getAddress().getPort()), key == null ? null : new Secret(key, "WANDB_API_KEY"), usual.ownCache(),
                false,
                true, QUICK);
    }

    @Test
    void fetchesAPublicArtifactWithoutAKey() throws IOException {
        twin.script.add(twin.cutAfter(700));
        Path folder = new Hub(with(null)).pull(ARTIFACT, SILENT).folder(ModelPart.ANY);
        assertArrayEquals(weights, Files.readAllBytes(folder.resolve("flax_model.msgpack")));
        assertTrue(folder.endsWith("wandb--team--project--mini-1/snapshots/" + DIGEST), folder.toString());
        assertEquals(3, queries.size());
        assertNull(authorizations.getFirst());
        assertEquals(folder, new Hub(with(null)).find(ARTIFACT).folder(ModelPart.ANY));
        assertEquals(List.of("wandb:team/project/mini-1"), new Hub(with(null)).cache().list(ARTIFACT).stream().map(
                CachedModel::reference).toList());
    }

    @Test
    void sendsTheKeyToTheServiceOnly() {
        new Hub(with(KEY)).pull(ARTIFACT, SILENT);
        String pair = Base64.getEncoder().encodeToString(("api:" + KEY).getBytes(StandardCharsets.US_ASCII));
        assertTrue(authorizations.stream().allMatch(("Basic " + pair)::equals), authorizations.toString());
        assertTrue(twin.seen.stream().allMatch(seen -> seen.authorization() == null));
    }

    @Test
    void tellsAShortKeyBeforeAnyRequest() {
        String said = assertRefused(with("abcde"), ARTIFACT, "WANDB_API_KEY has 5 characters, expected at least 40");
        assertFalse(said.contains("abcde"), said);
        assertEquals(0, queries.size());
        assertRefused(with("local-" + KEY.substring(1)), ARTIFACT, "has 39 characters");
        new Hub(with("local-" + KEY)).pull(ARTIFACT, SILENT);
    }

    @Test
    void refusesBytesOfAnotherHash() {
        twin.swap("flax_model.msgpack", bytes(200_000, 9));
        assertRefused(with(null), ARTIFACT, "expected MD5", "thrown away");
    }

    @Test
    void saysWhatIsMissing() {
        assertRefused(with(null), ModelReference.parse("wandb:team/other/mini-1:v0"), "there is no such project",
                "export WANDB_API_KEY=");
        assertRefused(with(KEY), ModelReference.parse("wandb:team/project/mini-1:v9"), "no such artifact or alias",
                "whether your key may read it");
        answer = "{\"errors\":[{\"message\":\"permission denied\"}],\"data\":null}";
        assertRefused(with(null), ARTIFACT, "it says: permission denied");
        answer = "<html>please log in";
        assertRefused(with(null), ARTIFACT, "does not answer like Weights & Biases");
        answer = null;
        twin.script.add(HubTwin.status(403));
        String said = assertRefused(with(null), ARTIFACT, "may have expired, run the same command again");
        assertFalse(said.contains("signed-secret"), said);
    }

    @Test
    void refusesAnArtifactThatChangesWhileItIsListed() {
        digest = at -> at == 0 ? DIGEST : "f".repeat(32);
        assertRefused(with(null), ARTIFACT, "changed while it was listed");
    }

    @Test
    void readsKeysFromNetrc() throws IOException {
        Path netrc = home.resolve(".netrc");
        Files.writeString(netrc, "# a comment\nmachine other login me password no\nmacdef init\nmachine api.wandb.ai "
                + "password macro\n\nmachine api.wandb.ai\n  login user\n  password " + KEY
                + "\ndefault password no\n");
        assertEquals(KEY, HubSettings.of(_ -> null, home).wandbKey().reveal());
        assertEquals("x".repeat(40), HubSettings.of(Map.of("WANDB_API_KEY", "x".repeat(40))::get, home).wandbKey()
                .reveal());
        Files.writeString(netrc, "default login a password " + KEY);
        assertNull(HubSettings.of(_ -> null, home).wandbKey(), "meant for others");
        Files.writeString(home.resolve("other"), "machine own:8080 login user password " + KEY);
        HubSettings own = HubSettings.of(Map.of("NETRC", home.resolve("other").toString(), "WANDB_BASE_URL",
                "http://own:8080/")::get, home);
        assertEquals(KEY, own.wandbKey().reveal());
        assertThrows(HubException.class, () -> HubSettings.of(Map.of("WANDB_BASE_URL", "ftp://x")::get, home));
    }
}
