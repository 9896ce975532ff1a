package io.github.smalti.weights.hub;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;

/// Where a model is published. Immutable; `toString` gives the text that [#parse] reads.
///
/// | text | meaning |
/// |---|---|
/// | `hf:owner/name[@revision]` | repository of the model hub; revision is a branch, tag or commit, `main` if missing |
/// | `wandb:entity/project/artifact[:alias]` | artifact of Weights & Biases; `latest` if the alias is missing |
/// | `https://host/path#sha256=64 digits` | one file with its hash |
/// | `file:path` | a file or folder of this machine, used in place |
/// | `dalle-mini`, `dalle-mega` | see [KnownModel] |
public sealed interface ModelReference {
    /// A repository of the model hub.
    ///
    /// @param owner    user or organisation
    /// @param name     the repository's name
    /// @param revision branch, tag or commit
    record HuggingFace(String owner, String name, String revision) implements ModelReference {
        /// The usual branch.
        public static final String MAIN = "main";

        private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,95}");
        private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9._][A-Za-z0-9._/+-]{0,255}");
        private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

        /// Checks the three words: they become names of folders.
        ///
        /// @throws HubException if one of them cannot be such a name
        public HuggingFace {
            expect(isWord(owner) && isWord(name), "hf:" + owner + "/" + name,
                    "expected hf:owner/name[@revision], such as hf:dalle-mini/dalle-mini");
            expect(isRevision(revision), "hf:" + owner + "/" + name + "@" + revision,
                    "expected the name of a branch or tag, or a commit of 40 hexadecimal digits, after the @");
        }

        private static boolean isWord(String word) {
            return WORD.matcher(word).matches() && !word.contains("--") && !word.contains("..") && !word.endsWith(".");
        }

        private static boolean isRevision(String text) {
            return REVISION.matcher(text).matches() && !text.contains("..") && !text.contains("//")
                    && !text.endsWith("/") && !text.endsWith(".") && !text.contains("/.") && !text.startsWith(".");
        }

        /// Whether the revision is a commit, which never changes.
        public boolean isPinned() { return COMMIT.matcher(revision).matches(); }

        @Override
        public String toString() { return "hf:" + owner + "/" + name + (revision.equals(MAIN) ? "" : "@" + revision); }
    }

    /// An artifact of Weights & Biases.
    ///
    /// @param entity   user or team
    /// @param project  the project
    /// @param artifact the artifact's name
    /// @param alias    a version such as `v14`, or an alias such as `latest`
    record Wandb(String entity, String project, String artifact, String alias) implements ModelReference {
        private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9._-]{0,127}");

        /// Checks the four words: they become names of folders.
        ///
        /// @throws HubException if one of them cannot be such a name
        public Wandb {
            for (String word : new String[]{entity, project, artifact, alias}) {
                expect(WORD.matcher(word).matches() && !word.contains("--") && !word.contains(".."),
                        "wandb:" + entity + "/" + project + "/" + artifact + ":" + alias,
                        "expected wandb:entity/project/artifact:alias, such as wandb:dalle-mini/dalle-mini/mini-1:v0");
            }
        }

        @Override
        public String toString() { return "wandb:" + entity + "/" + project + "/" + artifact + ":" + alias; }
    }

    /// One file of a web server, pinned by its hash.
    ///
    /// @param uri    its address, without the hash
    /// @param sha256 64 lower-case hexadecimal digits
    record Web(URI uri, String sha256) implements ModelReference {
        /// Checks address and hash.
        ///
        /// @throws HubException if the address has no host, or holds a user name, or the hash is not one
        public Web {
            expect(uri.getHost() != null && uri.getRawUserInfo() == null && uri.getRawFragment() == null,
                    uri.getScheme() + "://" + uri.getHost(), "expected https://host/path#sha256=… without a user name");
            expect(sha256.matches("[0-9a-f]{64}"), uri.getScheme() + "://" + uri.getHost() + uri.getRawPath(),
                    "expected the file's hash, #sha256= and 64 hexadecimal digits, at the end of the address: it says "
                            + "which bytes you want (sha256sum FILE prints it)");
        }

        @Override
        public String toString() { return uri + "#sha256=" + sha256; }
    }

    /// A file or folder of this machine; nothing is copied.
    ///
    /// @param path where
    record Local(Path path) implements ModelReference {
        @Override
        public String toString() { return "file:" + path; }
    }

    /// A model with a name of its own.
    ///
    /// @param model which
    record Known(KnownModel model) implements ModelReference {
        @Override
        public String toString() { return model.name(); }
    }

    /// Whether a text is meant as a reference and not as a path.
    ///
    /// @param text any text
    static boolean isReference(String text) {
        String start = text.toLowerCase(Locale.ROOT);
        return start.startsWith("hf:") || start.startsWith("wandb:") || start.startsWith("https:")
                || start.startsWith("http:") || start.startsWith("file:")
                || KnownModel.ALL.stream().anyMatch(model -> model.name().equals(text));
    }

    /// Reads a reference.
    ///
    /// @param text see the table above
    /// @throws HubException if it is none
    static ModelReference parse(String text) {
        for (KnownModel model : KnownModel.ALL) { if (model.name().equals(text)) return new Known(model); }
        int colon = text.indexOf(':');
        String rest = text.substring(colon + 1);
        return switch (text.substring(0, Math.max(colon, 0)).toLowerCase(Locale.ROOT)) {
            case "hf" -> huggingFace(text, rest.startsWith("//") ? rest.substring(2) : rest);
            case "wandb" -> wandb(text, rest.startsWith("//") ? rest.substring(2) : rest);
            case "https", "http" -> web(text);
            case "file" -> local(text, rest);
            default -> throw new HubException(text + ": expected hf:owner/name[@revision], "
                    + "wandb:entity/project/artifact:alias, https://…#sha256=…, file:path, or one of "
                    + String.join(", ", KnownModel.ALL.stream().map(KnownModel::name).toList()));
        };
    }

    private static ModelReference huggingFace(String text, String rest) {
        int at = rest.indexOf('@');
        String[] words = (at < 0 ? rest : rest.substring(0, at)).split("/", -1);
        expect(words.length == 2, text, "expected hf:owner/name[@revision], such as hf:dalle-mini/dalle-mini");
        return new HuggingFace(words[0], words[1], at < 0 ? HuggingFace.MAIN : rest.substring(at + 1));
    }

    private static ModelReference wandb(String text, String rest) {
        String[] words = rest.split("/", -1);
        expect(words.length == 3, text,
                "expected wandb:entity/project/artifact:alias, such as wandb:dalle-mini/dalle-mini/mini-1:v0");
        int colon = words[2].indexOf(':');
        return colon < 0
                ? new Wandb(words[0], words[1], words[2], "latest")
                : new Wandb(words[0], words[1], words[2].substring(0, colon), words[2].substring(colon + 1));
    }

    private static ModelReference web(String text) {
        int hash = text.indexOf('#');
        String address = hash < 0 ? text : text.substring(0, hash);
        String mark = hash < 0 ? "" : text.substring(hash + 1).toLowerCase(Locale.ROOT);
        try {
            return new Web(new URI(address), mark.startsWith("sha256=") ? mark.substring(7) : "");
        } catch (URISyntaxException e) {
            throw new HubException(
                    text + ": not an address (" + e.getReason() + "); expected https://host/path#sha256=…",
                    e);
        }
    }

    private static ModelReference local(String text, String rest) {
        try {
            return new Local(Path.of(rest.startsWith("///") ? rest.substring(2) : rest));
        } catch (InvalidPathException e) {
            throw new HubException(text + ": not a path (" + e.getReason() + "); expected file:path", e);
        }
    }

    private static void expect(boolean truth, String what, String expected) {
        if (!truth) throw new HubException(what + ": " + expected);
    }
}
