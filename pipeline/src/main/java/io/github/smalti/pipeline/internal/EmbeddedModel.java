package io.github.smalti.pipeline.internal;

import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonException;
import io.github.smalti.core.json.JsonLimits;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.pipeline.ModelUnavailableException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipException;

/// The embedded model's files as files on disk, since models are mapped and not read.
///
/// Resources that lie in a folder are used where they are. Those of a jar are copied to the cache folder, keyed by their
/// content; every file is compared with the index's SHA-256 each time (see [Fingerprint] for what it costs), and written
/// anew, by a rename, if it differs.
/// So processes that start at once may both write, but none ever sees half a file.
public final class EmbeddedModel {
    private static final String ROOT = "META-INF/smalti/models/";
    private static final int KEY_LENGTH = 16;

    private record Entry(String path, long size, String sha256) {}

    private final ClassLoader resources;
    private final CacheFolder cache;
    private final Fingerprint hashes;

    /// The model among the resources of a class loader.
    ///
    /// @param resources where `META-INF/smalti/models/index.json` lies
    /// @param cache     where files of a jar are copied to
    public EmbeddedModel(ClassLoader resources, CacheFolder cache) {
        this.resources = resources;
        this.cache = cache;
        this.hashes = new Fingerprint(cache);
    }

    /// The folder of the model that lies on this library's own class or module path.
    ///
    /// @throws ModelUnavailableException if there is none or it cannot be unpacked
    public static Path folder() {
        return new EmbeddedModel(EmbeddedModel.class.getClassLoader(), CacheFolder.ofSystem()).locate();
    }

    /// Makes the model's files available.
    ///
    /// @return the folder of the model
    /// @throws ModelUnavailableException if there is no such resource or it cannot be unpacked
    public Path locate() {
        URL index = resources.getResource(ROOT + "index.json");
        if (index == null) {
            throw new ModelUnavailableException("the embedded model is missing: add the artifact smalti-models to the "
                    + "class path, or to the module path with --add-modules smalti.models", null);
        }
        try {
            JsonValue json = Json.parse(bytes(index), JsonLimits.DEFAULT);
            String name = plain(json.get("name").asString());
            if (index.getProtocol().equals("file")) return Path.of(uri(index)).resolveSibling(name);
            List<Entry> entries = new ArrayList<>();
            for (JsonValue file : json.get("files").asArray()) {
                entries.add(new Entry(plain(file.get("path").asString()), file.get("size").asLong(),
                        file.get("sha256").asString()));
            }
            return cache.use(folder -> unpack(folder.resolve("models").resolve(key(entries)).resolve(name), name,
                    entries));
        } catch (JsonException e) {
            throw new ModelUnavailableException("the embedded model's index is damaged: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new ModelUnavailableException(
                    "the embedded model cannot be unpacked to " + cache.usual() + " nor to a temporary folder: "
                            + AtomicFile.reason(e) + "; name a writable folder by the variable SMALTI_CACHE",
                    e);
        }
    }

    private Path unpack(Path folder, String name, List<Entry> entries) throws IOException {
        for (Entry entry : entries) {
            Path file = folder.resolve(entry.path());
            if (isWhole(file, entry)) continue;
            Files.createDirectories(file.getParent());
            AtomicFile.replace(file, out -> copy(ROOT + name + "/" + entry.path(), entry, out));
        }
        return folder;
    }

    private boolean isWhole(Path file, Entry entry) throws IOException {
        return Files.isRegularFile(file) && Files.size(file) == entry.size()
                && hashes.hash(file).equals(entry.sha256());
    }

    private void copy(String resource, Entry entry, OutputStream out) throws IOException {
        URL url = resources.getResource(resource);
        if (url == null) throw new ZipException("the resource " + resource + " is missing");
        try (InputStream in = open(url)) {
            if (!Hashes.copy(in, out).equals(entry.sha256())) {
                throw new ZipException("the resource " + resource + " is damaged: its SHA-256 differs from the index");
            }
        }
    }

    /// A connection of its own: the shared cache of jar connections would keep the jar open and could be closed by
    /// others.
    private static InputStream open(URL url) throws IOException {
        var connection = url.openConnection();
        connection.setUseCaches(false);
        return connection.getInputStream();
    }

    private static byte[] bytes(URL url) throws IOException {
        try (InputStream in = open(url)) {
            return in.readAllBytes();
        }
    }

    private static URI uri(URL url) throws IOException {
        try {
            return url.toURI();
        } catch (URISyntaxException e) {
            throw new IOException("no path: " + url, e);
        }
    }

    private static String key(List<Entry> entries) {
        MessageDigest digest = Hashes.sha256();
        for (Entry entry : entries) {
            digest.update((entry.sha256() + "  " + entry.path() + "\n").getBytes(StandardCharsets.UTF_8));
        }
        return Hashes.hex(digest).substring(0, KEY_LENGTH);
    }

    /// A relative path that stays below its folder.
    private static String plain(String path) {
        for (String part : path.split("/", -1)) {
            if (!part.matches("[A-Za-z0-9_+-][A-Za-z0-9._+-]*")) {
                throw new JsonException("not a plain path: " + Visible.text(path));
            }
        }
        return path;
    }
}
