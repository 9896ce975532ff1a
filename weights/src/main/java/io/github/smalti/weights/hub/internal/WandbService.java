package io.github.smalti.weights.hub.internal;

import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonException;
import io.github.smalti.core.json.JsonLimits;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.weights.hub.HubException;
import io.github.smalti.weights.hub.HubSettings;
import io.github.smalti.weights.hub.ModelReference.Wandb;
import io.github.smalti.weights.hub.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Weights & Biases: artifacts through GraphQL, files from signed addresses of another host.
///
/// Public artifacts need no key. Source: wandb `tools/graphql_codegen/artifacts/artifacts.graphql`,
/// `wandb/sdk/lib/wbauth` at b6e2950.
public final class WandbService implements ModelService {
    private static final int MAX_ANSWER = 32 << 20;
    private static final JsonLimits LIMITS = new JsonLimits(MAX_ANSWER, 32, 1 << 20, 4096, 64, 500_000);
    private static final int MAX_PAGES = 100;
    private static final int KEY = 40;

    private static final String QUERY = """
            query ArtifactFiles($entity: String!, $project: String!, $name: String!, $cursor: String) {
              project(name: $project, entityName: $entity) {
                artifact(name: $name) {
                  id
                  digest
                  files(first: 100, after: $cursor) {
                    pageInfo { hasNextPage endCursor }
                    edges { node { name sizeBytes md5 directUrl } }
                  }
                }
              }
            }
            """;

    private final Wandb artifact;
    private final URI endpoint;
    private final Credential credential;

    /// Nothing is sent yet.
    ///
    /// @param artifact which
    /// @param settings address and key
    /// @throws HubException if the key cannot be one
    public WandbService(Wandb artifact, HubSettings settings) {
        this.artifact = artifact;
        this.endpoint = settings.wandbEndpoint();
        Secret key = settings.wandbKey();
        this.credential = key == null ? Credential.none(endpoint) : new Credential(endpoint, basic(key));
    }

    private static String basic(Secret key) {
        String text = key.reveal();
        int digits = text.length() - text.indexOf('-') - 1; // keys of one's own server begin with its name and a dash
        boolean isToken = text.chars().filter(c -> c == '.').count() == 2;
        if (digits < KEY && !isToken) {
            throw new HubException("the key of Weights & Biases in " + key.from() + " has " + digits
                    + " characters, expected at least " + KEY + ": copy it whole, or remove it, since public artifacts "
                    + "need none");
        }
        byte[] pair = ("api:" + text).getBytes(StandardCharsets.US_ASCII);
        return "Basic " + Base64.getEncoder().encodeToString(pair);
    }

    @Override
    public Credential credential() { return credential; }

    @Override
    public RemoteModel list(Requests requests) {
        var files = new TreeMap<String, RemoteFile>();
        Page page = null;
        for (int number = 0; number < MAX_PAGES; number++) {
            String digest = page == null ? null : page.digest;
            page = page(ask(requests, page == null ? null : page.next));
            if (digest != null && !digest.equals(page.digest)) {
                throw new HubException(artifact + ": changed while it was listed; run the same command again");
            }
            for (RemoteFile file : page.files) files.put(file.name(), file);
            if (page.next == null) return new RemoteModel(page.digest, List.copyOf(files.values()));
        }
        throw new HubException(artifact + ": expected at most " + 100 * MAX_PAGES + " files, found more");
    }

    private byte[] ask(Requests requests, String cursor) {
        var variables = new TreeMap<String, Object>(Map.of("entity", artifact.entity(), "project", artifact.project(),
                "name", artifact.artifact() + ":" + artifact.alias()));
        variables.put("cursor", cursor);
        String query = Json.write(JsonValue.of(Map.of("query", QUERY, "variables", variables)));
        return requests.read("POST", URI.create(endpoint + "/graphql"), query, this, artifact.toString(), MAX_ANSWER);
    }

    /// A part of an artifact's files.
    ///
    /// @param digest the artifact's
    /// @param files  the files
    /// @param next   where the next part begins, or null
    record Page(String digest, List<RemoteFile> files, String next) {}

    /// What one answer says.
    ///
    /// @param body the answer
    /// @throws HubException if it is no such answer, refuses, or lists what cannot be fetched safely
    Page page(byte[] body) {
        try {
            JsonValue found = artifactIn(Json.parse(body, LIMITS));
            String digest = found.get("digest").asString();
            if (!digest.matches("[0-9a-f]{32,64}")) throw new JsonException("digest: found " + digest);
            List<RemoteFile> files = new ArrayList<>();
            for (JsonValue edge : found.get("files").get("edges").asArray()) files.add(file(edge.get("node")));
            JsonValue info = found.get("files").get("pageInfo");
            String next = info.get("hasNextPage").asBoolean() ? info.get("endCursor").asString() : null;
            return new Page(digest, files, next);
        } catch (JsonException | IllegalArgumentException e) {
            throw new HubException(artifact + ": " + endpoint.getHost()
                    + " does not answer like Weights & Biases (" + e.getMessage() + "); check WANDB_BASE_URL", e);
        }
    }

    private JsonValue artifactIn(JsonValue answer) {
        if (answer.has("errors") && !answer.get("errors").asArray().isEmpty()) {
            JsonValue first = answer.get("errors").asArray().getFirst();
            throw missing(first.has("message") ? "it says: " + first.get("message").asString() : "it refuses");
        }
        JsonValue data = answer.get("data");
        if (!data.has("project")) throw missing("there is no such project");
        if (!data.get("project").has("artifact")) throw missing("the project has no such artifact or alias");
        return data.get("project").get("artifact");
    }

    private static RemoteFile file(JsonValue node) {
        String name = node.get("name").asString();
        byte[] md5 = Base64.getDecoder().decode(node.get("md5").asString());
        ContentHash hash = ContentHash.of(HexFormat.of().formatHex(md5));
        if (hash == null) throw new JsonException(name + ": expected its MD5");
        return new RemoteFile(name, node.get("sizeBytes").asLong(), hash, URI.create(node.get("directUrl").asString()));
    }

    @Override
    public RemoteFile complete(RemoteFile file, Requests requests) { return file; }

    private HubException missing(String why) {
        return new HubException(artifact + ": " + why + ", or it is private; check the spelling" + (credential
                .header() == null
                        ? "; for a private one, copy the key of your account and type: export WANDB_API_KEY=…"
                        : " and whether your key may read it"));
    }

    @Override
    public RuntimeException refusal(Answer answer, String what) {
        int status = answer.status();
        if (!credential.isSameOrigin(answer.uri())) {
            return new HubException(what + ": " + answer.uri().getHost() + " answers " + status
                    + "; its signed address may have expired, run the same command again");
        }
        if (status == 401 || status == 403 || status == 404) return missing(endpoint.getHost() + " answers " + status);
        return new HubException(what + ": " + endpoint.getHost() + " answers " + status + "; try again later");
    }
}
