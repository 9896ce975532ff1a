package io.github.smalti.weights.hub;

import java.net.URI;
import java.nio.file.Path;

/// Pulls `hf:owner/name` in a process of its own: endpoint, folder.
final class PullMain {
    private PullMain() {}

    public static void main(String[] arguments) {
        Path home = Path.of(arguments[1]);
        var settings = new HubSettings(URI.create(arguments[0]), home.resolve("hub"), null, URI.create(
                "http://127.0.0.1:1"), null, home.resolve("own"), false, true, HubFixture.QUICK);
        new Hub(settings).pull(ModelReference.parse("hf:owner/name"), _ -> {});
    }
}
