package io.github.smalti.weights.hub;

import io.github.smalti.weights.hub.CachedModel.CheckedFile;
import io.github.smalti.weights.hub.CachedModel.Verdict;
import io.github.smalti.weights.hub.internal.ContentHash;
import io.github.smalti.weights.hub.internal.Disk;
import io.github.smalti.weights.hub.internal.Listing;
import io.github.smalti.weights.hub.internal.Repository;
import io.github.smalti.weights.hub.internal.Sentences;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/// The models that are here: listed, hashed again, removed. Thread-safe; opens no socket.
public final class HubCache {
    private static final int CHUNK = 1 << 20;

    private final HubSettings settings;
    private final Disk disk;

    HubCache(HubSettings settings, Disk disk) {
        this.settings = settings;
        this.disk = disk;
    }

    /// All models that are here, those of other programs included, sorted by reference.
    ///
    /// @throws HubException if a cache cannot be read
    public List<CachedModel> list() {
        List<CachedModel> models = new ArrayList<>();
        for (Path root : new TreeSet<>(List.of(settings.hubCache(), settings.ownCache()))) {
            for (Path folder : folders(root)) {
                String name = folder.getFileName().toString();
                String reference = reference(name);
                if (!reference.isEmpty()) models.addAll(list(new Repository(root, name), reference));
            }
        }
        models.sort(Comparator.comparing(CachedModel::reference).thenComparing(CachedModel::revision));
        return models;
    }

    /// The revisions of a reference that are here: all of a repository if the reference says no revision.
    ///
    /// @param reference which model; for a known one, all its parts
    /// @throws HubException if a cache cannot be read
    public List<CachedModel> list(ModelReference reference) {
        return switch (reference) {
            case ModelReference.Local _ -> List.of();
            case ModelReference.Known(KnownModel model) -> {
                List<CachedModel> all = new ArrayList<>();
                for (ModelReference part : model.parts().values()) all.addAll(list(part));
                yield all;
            }
            default -> {
                Repository repository = Repository.of(reference, settings);
                String ref = switch (reference) {
                    case ModelReference.HuggingFace hub when !hub.revision().equals(ModelReference.HuggingFace.MAIN) ->
                        hub
                                .revision();
                    case ModelReference.Wandb wandb -> wandb.alias();
                    default -> "";
                };
                yield list(repository, reference(repository.name())).stream()
                        .filter(model -> ref.isEmpty() || model.refs().contains(ref) || model.revision().equals(ref))
                        .toList();
            }
        };
    }

    private static String reference(String folder) {
        String[] words = folder.split("--", -1);
        return switch (words[0]) {
            case "models" -> words.length == 3
                    ? "hf:" + words[1] + "/" + words[2]
                    : words.length == 2
                            ? "hf:" + words[1]
                            : "";
            case "wandb" -> words.length == 4 ? "wandb:" + words[1] + "/" + words[2] + "/" + words[3] : "";
            case "web" -> words.length == 2 ? "https:#sha256=" + words[1] : "";
            default -> "";
        };
    }

    private static List<Path> folders(Path folder) {
        if (!Files.isDirectory(folder)) return List.of();
        try (Stream<Path> paths = Files.list(folder)) {
            return paths.filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)).sorted().toList();
        } catch (IOException e) {
            throw new HubException(folder + ": cannot be listed (" + Sentences.reason(e) + ")", e);
        }
    }

    private static List<CachedModel> list(Repository repository, String reference) {
        List<CachedModel> models = new ArrayList<>();
        for (Path snapshot : folders(repository.folder().resolve("snapshots"))) {
            String revision = snapshot.getFileName().toString();
            Set<Path> contents = new HashSet<>();
            var formats = new TreeSet<String>();
            long bytes = 0;
            Instant lastUse = Instant.EPOCH;
            try {
                for (String name : repository.names(revision)) {
                    Path real = snapshot.resolve(name).toRealPath();
                    if (!contents.add(real)) continue;
                    var attributes = Files.readAttributes(real, BasicFileAttributes.class);
                    bytes += attributes.size();
                    Instant used = attributes.lastAccessTime().toInstant();
                    if (used.isAfter(lastUse)) lastUse = used;
                    if (!format(name).isEmpty()) formats.add(format(name));
                }
            } catch (IOException e) {
                throw new HubException(snapshot + ": cannot be read (" + Sentences.reason(e) + ")", e);
            }
            models.add(new CachedModel(reference, revision, refs(repository, revision), bytes,
                    String.join(", ", formats), lastUse, snapshot));
        }
        return models;
    }

    private static String format(String name) {
        return switch (name.substring(name.lastIndexOf('.') + 1)) {
            case "safetensors" -> "safetensors";
            case "msgpack" -> "Flax";
            case "bin", "pt", "pth", "ckpt", "pkl" -> "PyTorch";
            case "gz" -> name.endsWith(".tar.gz") ? "archive" : "";
            default -> "";
        };
    }

    private static List<String> refs(Repository repository, String revision) {
        Path refs = repository.folder().resolve("refs");
        try {
            return Listing.files(refs, Integer.MAX_VALUE, _ -> true).stream()
                    .map(path -> refs.relativize(path).toString().replace('\\', '/'))
                    .filter(ref -> !ref.endsWith(".tmp") && revision.equals(repository.revisionOf(ref))).sorted()
                    .toList();
        } catch (IOException e) {
            throw new HubException(refs + ": cannot be listed (" + Sentences.reason(e) + ")", e);
        }
    }

    /// Hashes the files of a model again.
    ///
    /// @param model as listed
    /// @return how each file is, by name
    /// @throws HubException if a file cannot be read
    public List<CheckedFile> verify(CachedModel model) {
        List<CheckedFile> files = new ArrayList<>();
        for (Path path : entries(model.folder())) {
            String name = model.folder().relativize(path).toString().replace('\\', '/');
            files.add(new CheckedFile(name, path, verdict(repository(model), path)));
        }
        return files;
    }

    private static Repository repository(CachedModel model) {
        Path folder = model.folder().getParent().getParent();
        return new Repository(folder.getParent(), folder.getFileName().toString());
    }

    private static List<Path> entries(Path snapshot) {
        try {
            return Listing.files(snapshot, Integer.MAX_VALUE, _ -> true);
        } catch (IOException e) {
            throw new HubException(snapshot + ": cannot be listed (" + Sentences.reason(e) + ")", e);
        }
    }

    private static Verdict verdict(Repository repository, Path path) {
        try {
            if (!path.toRealPath().startsWith(repository.root().toRealPath())) return Verdict.UNKNOWN;
            ContentHash named = ContentHash.of(path.toRealPath().getFileName().toString());
            if (named != null) return hash(path, named.kind()).equals(named.hex()) ? Verdict.GOOD : Verdict.DAMAGED;
            for (ContentHash.Kind kind : ContentHash.Kind.values()) { // a copy: one of its hashes is a blob's name
                String hex = hash(path, kind);
                if (Files.exists(repository.blobs().resolve(hex))) return Verdict.GOOD;
            }
            return Verdict.UNKNOWN;
        } catch (NoSuchFileException _) {
            return Verdict.MISSING;
        } catch (IOException e) {
            throw new HubException(path + ": cannot be read (" + Sentences.reason(e) + ")", e);
        }
    }

    private static String hash(Path file, ContentHash.Kind kind) throws IOException {
        MessageDigest digest = new ContentHash(kind, "").begin(Files.size(file));
        byte[] buffer = new byte[CHUNK];
        try (var in = Files.newInputStream(file)) {
            int count;
            while ((count = in.read(buffer)) >= 0) digest.update(buffer, 0, count);
        }
        return ContentHash.found(digest);
    }

    /// Removes a damaged file and its content, so that the next pull fetches it anew.
    ///
    /// @param model as listed
    /// @param file  as checked
    /// @throws HubException if it cannot be removed
    public void remove(CachedModel model, CheckedFile file) {
        Repository repository = repository(model);
        try {
            Path real = Files.exists(file.path()) ? file.path().toRealPath() : null;
            disk.delete(file.path());
            if (real != null && real.startsWith(repository.blobs().toRealPath())) disk.delete(real);
        } catch (IOException e) {
            throw new HubException(file.path() + ": cannot be removed (" + Sentences.reason(e) + ")", e);
        }
    }

    /// Removes a model: its names first, then the contents that no other revision of the repository uses.
    ///
    /// @param model as listed
    /// @return bytes that became free
    /// @throws HubException if something cannot be removed
    public long remove(CachedModel model) {
        Repository repository = repository(model);
        try {
            for (String ref : model.refs()) disk.delete(repository.folder().resolve("refs").resolve(ref));
            long freed = removeTree(model.folder());
            Set<Path> used = new HashSet<>();
            boolean isLast = true;
            for (Path snapshot : folders(repository.folder().resolve("snapshots"))) {
                isLast = false;
                for (Path path : entries(snapshot)) { if (Files.exists(path)) used.add(path.toRealPath()); }
            }
            if (isLast) return freed + removeTree(repository.folder());
            for (Path blob : entries(repository.blobs())) {
                if (used.contains(blob.toRealPath()) || blob.toString().endsWith(".incomplete")) continue;
                freed += Files.size(blob);
                disk.delete(blob);
            }
            return freed;
        } catch (IOException e) {
            throw new HubException(model.folder() + ": cannot be removed (" + Sentences.reason(e) + ")", e);
        }
    }

    /// Removes a folder and what is in it; links are removed, never followed.
    private long removeTree(Path folder) throws IOException {
        var freed = new AtomicLong();
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (attributes.isRegularFile()) freed.addAndGet(attributes.size());
                disk.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path left, IOException fault) throws IOException {
                if (fault != null) throw fault;
                disk.delete(left);
                return FileVisitResult.CONTINUE;
            }
        });
        return freed.get();
    }
}
