package io.github.smalti.weights.hub.internal;

import io.github.smalti.weights.hub.HubException;
import io.github.smalti.weights.hub.HubSettings;
import io.github.smalti.weights.hub.Patience;
import io.github.smalti.weights.hub.Secret;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;

/// Reads settings from variables; see [HubSettings#of].
///
/// @param variables value of a variable, or null
/// @param home      the user's folder
public record Environment(UnaryOperator<String> variables, Path home) {
    private static final String HUB = "https://huggingface.co";
    private static final String WANDB = "https://api.wandb.ai";
    private static final int MAX_FILE = 1 << 20;

    /// The settings.
    ///
    /// @throws HubException if a variable cannot be understood
    public HubSettings settings() {
        Path hubHome = path("HF_HOME", path("XDG_CACHE_HOME", home.resolve(".cache")).resolve("huggingface"));
        Path hubCache = path("HF_HUB_CACHE", path("HUGGINGFACE_HUB_CACHE", hubHome.resolve("hub")));
        Path own = path("SMALTI_CACHE", path("XDG_CACHE_HOME", home.resolve(".cache")).resolve("smalti"));
        URI wandb = endpoint("WANDB_BASE_URL", WANDB);
        return new HubSettings(endpoint("HF_ENDPOINT", HUB), hubCache, isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN")
                ? null
                : hubToken(hubHome), wandb, wandbKey(wandb), own.resolve("hub"),
                isTrue("HF_HUB_OFFLINE") || isTrue("TRANSFORMERS_OFFLINE"), !isTrue("HF_HUB_DISABLE_SYMLINKS"),
                Patience.DEFAULT);
    }

    private String text(String name) {
        String value = variables.apply(name);
        return value == null || value.isBlank() ? null : value.strip();
    }

    private boolean isTrue(String name) {
        String value = text(name);
        return value != null && List.of("1", "ON", "YES", "TRUE").contains(value.toUpperCase(Locale.ROOT));
    }

    private Path path(String name, Path fallback) {
        String value = text(name);
        if (value == null) return fallback.toAbsolutePath();
        if (value.equals("~")) return home.toAbsolutePath();
        return (value.startsWith("~/") ? home.resolve(value.substring(2)) : Path.of(value)).toAbsolutePath();
    }

    private URI endpoint(String name, String fallback) {
        String value = text(name);
        try {
            URI uri = URI.create((value == null ? fallback : value).replaceAll("/+$", ""));
            boolean isWeb = "https".equals(uri.getScheme()) || "http".equals(uri.getScheme());
            if (isWeb && uri.getHost() != null && uri.getRawUserInfo() == null && uri.getRawQuery() == null) return uri;
        } catch (IllegalArgumentException _) {
            // told below
        }
        throw new HubException(name + ": expected an address such as " + fallback + ", without a user name");
    }

    private Secret hubToken(Path hubHome) {
        for (String name : new String[]{"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
            if (text(name) != null) return new Secret(text(name), name);
        }
        Path file = path("HF_TOKEN_PATH", hubHome.resolve("token"));
        String token = read(file).strip();
        return token.isEmpty() ? null : new Secret(token, file.toString());
    }

    private Secret wandbKey(URI endpoint) {
        String from = "WANDB_API_KEY";
        String key = text(from);
        for (String name : new String[]{".netrc", "_netrc"}) {
            if (key != null) break;
            Path file = path("NETRC", home.resolve(name));
            from = file.toString();
            key = Netrc.password(read(file), endpoint.getRawAuthority());
        }
        return key == null ? null : new Secret(key, from);
    }

    private static String read(Path file) {
        try {
            if (!Files.isRegularFile(file)) return "";
            if (Files.size(file) > MAX_FILE) throw new HubException(file + ": expected at most 1 MiB, found more");
            return new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new HubException(file + ": cannot be read (" + Sentences.reason(e) + ")", e);
        }
    }
}
