package io.github.smalti.weights.hub.internal;

import io.github.smalti.weights.hub.HubException;
import io.github.smalti.weights.hub.HubSettings;
import io.github.smalti.weights.hub.ModelReference;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;

/// One repository's folder in a cache, laid out as by Python's client.
///
/// | path | content |
/// |---|---|
/// | `blobs/HASH` | bytes of a file |
/// | `blobs/HASH.smalti.incomplete` | the first bytes of one |
/// | `snapshots/REVISION/NAME` | relative link to the blob, or a copy |
/// | `refs/BRANCH` | the revision that a branch had when it was last fetched |
///
/// @param root the cache
/// @param name the folder's name in it
public record Repository(Path root, String name) {
    /// End of the names of files that are not complete.
    public static final String PARTIAL = ".smalti.incomplete";

    /// Names of files that are about to get their own.
    private static final Pattern TEMPORARY = Pattern.compile(".+\\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\\.tmp");

    private static final int MAX_REF = 256;
    private static final int MAX_DEPTH = 8;
    private static final int MAX_NAMES = 100_000;

    /// Where a reference is kept.
    ///
    /// @param reference what, neither a known model nor a local file
    /// @param settings  the caches
    public static Repository of(ModelReference reference, HubSettings settings) {
        return switch (reference) {
            case ModelReference.HuggingFace hub -> new Repository(settings.hubCache(),
                    "models--" + hub.owner() + "--" + hub.name());
            case ModelReference.Wandb wandb -> new Repository(settings.ownCache(),
                    "wandb--" + wandb.entity() + "--" + wandb.project() + "--" + wandb.artifact());
            case ModelReference.Web web -> new Repository(settings.ownCache(), "web--" + web.sha256());
            case ModelReference.Known _,ModelReference.Local _ -> throw new IllegalArgumentException(
                    reference + " has no folder of its own");
        };
    }

    /// The repository's folder.
    public Path folder() { return root.resolve(name); }

    /// Folder of the contents.
    public Path blobs() { return folder().resolve("blobs"); }

    /// Content of a file.
    ///
    /// @param hash its hash
    public Path blob(ContentHash hash) { return blobs().resolve(hash.hex()); }

    /// The first bytes of a file while it is fetched.
    ///
    /// @param hash its hash
    public Path partial(ContentHash hash) { return blobs().resolve(hash.hex() + PARTIAL); }

    /// What is locked while a file is fetched; the place where Python's client has its locks.
    ///
    /// @param hash its hash
    public Path lock(ContentHash hash) { return root.resolve(".locks").resolve(name).resolve(hash.hex() + ".lock"); }

    /// Folder with the files of a revision under their own names.
    ///
    /// @param revision commit, digest or hash
    public Path snapshot(String revision) { return folder().resolve("snapshots").resolve(revision); }

    /// The revision that a branch, tag or alias had when it was last fetched.
    ///
    /// @param ref the branch
    /// @return the revision, or null
    public String revisionOf(String ref) {
        Path file = folder().resolve("refs").resolve(ref);
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > MAX_REF) return null;
            String text = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
            return text.matches("[0-9a-f]{32,64}") ? text : null;
        } catch (IOException _) {
            return null; // as good as missing: it is written anew by the next pull
        }
    }

    /// Names of the files of a revision that are there.
    ///
    /// @param revision commit, digest or hash
    /// @throws HubException if the folder cannot be listed
    public List<String> names(String revision) {
        Path snapshot = snapshot(revision);
        try {
            return Listing.files(snapshot, MAX_DEPTH, _ -> true).stream().limit(MAX_NAMES)
                    .map(path -> snapshot.relativize(path).toString().replace('\\', '/'))
                    .filter(name -> RemoteFile.isPlain(name) && !name.endsWith(".tmp") && file(revision, name) != null)
                    .sorted().toList();
        } catch (IOException e) {
            throw new HubException(snapshot + ": cannot be listed (" + Sentences.reason(e) + ")", e);
        }
    }

    /// A file of a revision.
    ///
    /// @param revision commit, digest or hash
    /// @param file     its name
    /// @return where it is, or null if it is missing
    /// @throws HubException if it is a link that leads out of the cache
    public Path file(String revision, String file) {
        Path path = snapshot(revision).resolve(file);
        try {
            if (!Files.isRegularFile(path)) return null;
            if (!path.toRealPath().startsWith(root.toRealPath())) {
                throw new HubException(
                        path + ": expected a link to a file of the cache, found one that leads out of it; "
                                + "remove it and pull again");
            }
            return path;
        } catch (IOException e) {
            throw new HubException(path + ": cannot be read (" + Sentences.reason(e) + ")", e);
        }
    }

    /// Gives a content its name in a revision.
    ///
    /// @param disk     what writes
    /// @param revision commit, digest or hash
    /// @param file     the name
    /// @param blob     the content
    /// @param canLink  whether links may be made
    /// @throws IOException if that fails; the name then is missing or what it was
    void point(Disk disk, String revision, String file, Path blob, boolean canLink) throws IOException {
        Path path = snapshot(revision).resolve(file);
        place(disk, path, fresh -> {
            if (!canLink || !tryLink(disk, fresh, path.getParent().relativize(blob))) disk.linkOrCopy(blob, fresh);
        });
    }

    private static boolean tryLink(Disk disk, Path link, Path target) throws IOException {
        try {
            disk.link(link, target);
            return true;
        } catch (UnsupportedOperationException _) {
            return false;
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (FileSystemException e) {
            // Windows without the right to make links; elsewhere it is a fault
            if (link.getFileSystem().supportedFileAttributeViews().contains("posix")) throw e;
            return false;
        }
    }

    /// Notes the revision of a branch, in one step.
    ///
    /// @param disk     what writes
    /// @param ref      branch, tag or alias
    /// @param revision its revision
    /// @throws IOException if that fails; the note then is what it was
    void remember(Disk disk, String ref, String revision) throws IOException {
        if (ref.equals(revision) || revision.equals(revisionOf(ref))) return;
        place(disk, folder().resolve("refs").resolve(ref), fresh -> {
            try (var channel = disk.open(fresh)) {
                disk.write(channel, ByteBuffer.wrap(revision.getBytes(StandardCharsets.US_ASCII)));
                disk.force(channel);
            }
        });
    }

    /// Makes a file beside its place, then moves it there; the lock lets [#sweep] tell what is in use.
    private void place(Disk disk, Path file, Maker maker) throws IOException {
        disk.createFolders(file.getParent());
        Path fresh = file.resolveSibling(file.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try (var _ = lockNames()) {
            try {
                maker.make(fresh);
                disk.move(fresh, file);
            } catch (IOException e) {
                Files.deleteIfExists(fresh);
                throw e;
            }
        }
        disk.forceNames(file.getParent());
    }

    /// Removes what processes left that were killed while they gave a name to a file or a branch.
    ///
    /// @param disk what removes
    /// @throws IOException if that fails
    void sweep(Disk disk) throws IOException {
        if (temporaries().isEmpty()) return; // the usual case needs no right to write
        try (var _ = lockNames()) {
            for (Path left : temporaries()) disk.delete(left);
        }
    }

    private List<Path> temporaries() throws IOException {
        List<Path> found = new ArrayList<>();
        for (String part : List.of("snapshots", "refs")) {
            found.addAll(Listing.files(folder().resolve(part), MAX_DEPTH,
                    path -> TEMPORARY.matcher(path.getFileName().toString()).matches()));
        }
        return found;
    }

    private FileLocking lockNames() {
        return FileLocking.take(root.resolve(".locks").resolve(name).resolve("names.lock"), name, () -> {});
    }

    /// Writes a new file.
    private interface Maker { void make(Path fresh) throws IOException; }
}
