package io.github.smalti.weights.hub.internal;

import io.github.smalti.weights.hub.HubException;
import io.github.smalti.weights.hub.ModelReference.Web;
import java.util.List;

/// One file of any web server, pinned by its hash; nothing is sent along.
///
/// @param web address and hash
public record WebService(Web web) implements ModelService {
    @Override
    public Credential credential() { return Credential.none(web.uri()); }

    @Override
    public RemoteModel list(Requests requests) {
        String path = String.valueOf(web.uri().getPath());
        String last = path.substring(path.lastIndexOf('/') + 1).replaceAll("[^A-Za-z0-9._-]", "_");
        String name = last.isEmpty() || last.startsWith(".") ? "file" : last;
        ContentHash hash = ContentHash.of(web.sha256());
        return new RemoteModel(web.sha256(), List.of(new RemoteFile(name, -1, hash, web.uri())));
    }

    @Override
    public RemoteFile complete(RemoteFile file, Requests requests) { return file; }

    @Override
    public RuntimeException refusal(Answer answer, String what) {
        return new HubException(what + ": " + answer.uri().getHost() + " answers " + answer.status()
                + "; open the address in a browser to see whether it needs a login");
    }
}
