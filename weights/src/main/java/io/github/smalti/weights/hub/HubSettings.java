package io.github.smalti.weights.hub;

import io.github.smalti.weights.hub.internal.Environment;
import java.net.URI;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.UnaryOperator;

/// Where models come from and where they are kept. Immutable.
///
/// @param hubEndpoint   address of the model hub
/// @param hubCache      its cache, shared with Python's client
/// @param hubToken      token for the hub, or null
/// @param wandbEndpoint address of Weights & Biases
/// @param wandbKey      key for it, or null
/// @param ownCache      cache of everything else
/// @param isOffline     whether every pull must do without a network
/// @param canLink       whether snapshots may consist of links; copies otherwise
/// @param patience      how long to wait for servers
public record HubSettings(URI hubEndpoint, Path hubCache, Secret hubToken, URI wandbEndpoint, Secret wandbKey,
        Path ownCache, boolean isOffline, boolean canLink, Patience patience) {
    /// Checks that nothing but token and key is missing.
    public HubSettings {
        Objects.requireNonNull(hubEndpoint, "hubEndpoint");
        Objects.requireNonNull(hubCache, "hubCache");
        Objects.requireNonNull(wandbEndpoint, "wandbEndpoint");
        Objects.requireNonNull(ownCache, "ownCache");
        Objects.requireNonNull(patience, "patience");
    }

    /// The settings of this process: its environment, the user's folder.
    ///
    /// @throws HubException if a variable cannot be understood
    public static HubSettings ofSystem() { return of(System::getenv, Path.of(System.getProperty("user.home"))); }

    /// Settings by the variables that Python's clients read too.
    ///
    /// | variable | meaning, and the default |
    /// |---|---|
    /// | `HF_HUB_CACHE`, `HUGGINGFACE_HUB_CACHE` | the cache; `$HF_HOME/hub` |
    /// | `HF_HOME` | `$XDG_CACHE_HOME/huggingface`, that is `~/.cache/huggingface` |
    /// | `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN` | the token; else the file `HF_TOKEN_PATH`, `$HF_HOME/token` |
    /// | `HF_HUB_DISABLE_IMPLICIT_TOKEN` | 1: no token is sent |
    /// | `HF_HUB_OFFLINE`, `TRANSFORMERS_OFFLINE` | 1: no network |
    /// | `HF_ENDPOINT` | another hub |
    /// | `HF_HUB_DISABLE_SYMLINKS` | 1: copies in place of links |
    /// | `WANDB_API_KEY` | the key; else the password of the machine in `NETRC`, `~/.netrc` or `~/_netrc` |
    /// | `WANDB_BASE_URL` | another server of Weights & Biases |
    /// | `SMALTI_CACHE` | where artifacts and single files are kept; `$XDG_CACHE_HOME/smalti`, `~/.cache/smalti` |
    ///
    /// @param environment value of a variable, or null
    /// @param home        the user's folder
    /// @throws HubException if a variable cannot be understood
    public static HubSettings of(UnaryOperator<String> environment, Path home) {
        return new Environment(environment, home).settings();
    }

    /// The same, waiting otherwise for servers.
    ///
    /// @param other how long
    public HubSettings withPatience(Patience other) {
        return new HubSettings(hubEndpoint, hubCache, hubToken, wandbEndpoint, wandbKey, ownCache, isOffline, canLink,
                other);
    }

    /// The same, with or without a network.
    ///
    /// @param offline whether every pull must do without
    public HubSettings withOffline(boolean offline) {
        return new HubSettings(hubEndpoint, hubCache, hubToken, wandbEndpoint, wandbKey, ownCache, offline, canLink,
                patience);
    }
}
