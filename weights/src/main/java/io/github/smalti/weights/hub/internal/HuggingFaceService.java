package io.github.smalti.weights.hub.internal;

import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonException;
import io.github.smalti.core.json.JsonLimits;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.weights.hub.HubException;
import io.github.smalti.weights.hub.HubSettings;
import io.github.smalti.weights.hub.ModelReference.HuggingFace;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// The model hub: one listing with lengths and hashes, then each file from `resolve`, which redirects large ones to
/// another host.
///
/// Source: huggingface_hub `file_download.py`, `utils/_http.py` at ee0a451.
public final class HuggingFaceService implements ModelService {
    private static final int MAX_LIST = 32 << 20;
    private static final JsonLimits LIMITS = new JsonLimits(MAX_LIST, 32, 1 << 20, 4096, 64, 1_000_000);

    private final HuggingFace model;
    private final URI endpoint;
    private final Credential credential;
    private final boolean hasToken;

    /// Nothing is sent yet.
    ///
    /// @param model    which repository
    /// @param settings address and token
    public HuggingFaceService(HuggingFace model, HubSettings settings) {
        this.model = model;
        this.endpoint = settings.hubEndpoint();
        this.hasToken = settings.hubToken() != null;
        this.credential = hasToken
                ? new Credential(endpoint, "Bearer " + settings.hubToken().reveal())
                : Credential.none(endpoint);
    }

    @Override
    public Credential credential() { return credential; }

    private String id() { return model.owner() + "/" + model.name(); }

    @Override
    public RemoteModel list(Requests requests) {
        URI uri = URI
                .create(endpoint + "/api/models/" + id() + "/revision/" + encoded(model.revision()) + "?blobs=true");
        return listing(requests.read("GET", uri, null, this, model.toString(), MAX_LIST));
    }

    /// What the hub's answer says of a revision.
    ///
    /// @param body the answer
    /// @throws HubException if it is no such answer, or lists what cannot be fetched safely
    RemoteModel listing(byte[] body) {
        try {
            JsonValue answer = Json.parse(body, LIMITS);
            String commit = answer.get("sha").asString();
            if (!commit.matches("[0-9a-f]{40}")) throw new JsonException("sha: expected a commit, found " + commit);
            if (model.isPinned() && !commit.equals(model.revision())) {
                throw new JsonException("sha: expected " + model.revision() + ", found " + commit);
            }
            List<RemoteFile> files = new ArrayList<>();
            for (JsonValue sibling : answer.get("siblings").asArray()) files.add(file(sibling, commit));
            return new RemoteModel(commit, files);
        } catch (JsonException e) {
            throw new HubException(model + ": " + endpoint.getHost() + " does not answer like a model hub ("
                    + e.getMessage() + "); check HF_ENDPOINT, or whether a login page is in between", e);
        }
    }

    private RemoteFile file(JsonValue sibling, String commit) {
        String name = sibling.get("rfilename").asString();
        URI uri = URI.create(endpoint + "/" + id() + "/resolve/" + commit + "/" + encodedPath(name));
        if (sibling.has("lfs")) {
            JsonValue lfs = sibling.get("lfs");
            return new RemoteFile(name, lfs.get("size").asLong(), hash(name, lfs.get("sha256").asString()), uri);
        }
        boolean isComplete = sibling.has("blobId") && sibling.has("size");
        return isComplete
                ? new RemoteFile(name, sibling.get("size").asLong(), hash(name, sibling.get("blobId").asString()), uri)
                : new RemoteFile(name, -1, null, uri);
    }

    private static ContentHash hash(String name, String hex) {
        ContentHash hash = ContentHash.of(hex);
        if (hash == null) throw new JsonException(name + ": expected a hash, found " + hex);
        return hash;
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static String encodedPath(String name) {
        return Arrays.stream(name.split("/", -1)).map(HuggingFaceService::encoded).collect(Collectors.joining("/"));
    }

    /// The hub tells hash and length in its own answer, `X-Linked-Etag` and `X-Linked-Size` if another host has the
    /// bytes; that host's `ETag` is something else.
    @Override
    public RemoteFile complete(RemoteFile file, Requests requests) {
        if (file.hash() != null) return file;
        String what = model + "/" + file.name();
        Answer answer = requests.head(file.uri(), this, what);
        String linked = answer.linked().get("x-linked-etag");
        ContentHash hash = ContentHash.ofEtag(linked != null ? linked : answer.etag());
        if (hash == null) {
            throw new HubException(what + ": expected the hash of the file as its ETag, found "
                    + (linked != null ? linked : answer.etag()) + "; check HF_ENDPOINT");
        }
        long size = answer.linkedCount("x-linked-size");
        if (size < 0 && answer.status() == 200) size = answer.count("Content-Length");
        if (size < 0) throw new HubException(what + ": expected its length, found none; check HF_ENDPOINT");
        return file.with(size, hash);
    }

    @Override
    public RuntimeException refusal(Answer answer, String what) {
        String code = String.valueOf(answer.linked().get("x-error-code"));
        int status = answer.status();
        String login = "make a token (a read token is enough) in the settings of your account and type: export HF_TOKEN=…";
        if (!credential.isSameOrigin(answer.uri())) {
            return new HubException(what + ": " + answer.uri().getHost() + " answers " + status
                    + "; its address may have expired, run the same command again");
        }
        if (code.equals("GatedRepo") || status == 403) {
            return new HubException(what + ": access is restricted (" + status + "); accept its terms in a browser at "
                    + endpoint + "/" + id() + (hasToken ? ", with the account of your token" : ", then " + login)
                    + "; then run the same command again");
        }
        if (code.equals("RevisionNotFound")) {
            return new HubException(what + ": " + id() + " has no branch, tag or commit " + model.revision()
                    + "; its branches are shown at " + endpoint + "/" + id() + "/tree/main");
        }
        if (code.equals("EntryNotFound")) {
            return new HubException(what + ": there is no such file in " + id() + " at " + model.revision());
        }
        if (status == 401 || status == 404) {
            return new HubException(what + ": there is no such model, or it is private (" + status
                    + "); check the spelling" + (hasToken
                            ? ", and whether your token is valid and may read it"
                            : "; for a private one, " + login));
        }
        return new HubException(what + ": " + answer.uri().getHost() + " answers " + status + "; try again later");
    }
}
