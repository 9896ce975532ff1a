package io.github.smalti.pipeline.internal;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.function.UnaryOperator;

/// Where files are kept between runs: `$SMALTI_CACHE`, else `$XDG_CACHE_HOME/smalti`, else `~/.cache/smalti`; where
/// that cannot be used, a folder for temporary files that no other user can reach.
///
/// @param environment the environment's variables, null for a missing one
/// @param home        the user's folder
/// @param temp        the system's folder for temporary files
/// @param user        the user's name
public record CacheFolder(UnaryOperator<String> environment, Path home, Path temp, String user) {
    private static final Set<PosixFilePermission> PRIVATE = PosixFilePermissions.fromString("rwx------");

    /// Something that needs a folder to write to.
    ///
    /// @param <T> what comes of it
    @FunctionalInterface
    public interface Use<T> {
        /// Uses a folder, which may not exist yet.
        ///
        /// @param folder the cache folder
        /// @throws IOException if this folder cannot be used
        T in(Path folder) throws IOException;
    }

    /// The cache folder of this process.
    public static CacheFolder ofSystem() {
        return new CacheFolder(System::getenv, Path.of(System.getProperty("user.home")),
                Path.of(System.getProperty("java.io.tmpdir")), System.getProperty("user.name"));
    }

    /// The usual folder; it may not exist and may not be writable.
    public Path usual() {
        String own = environment.apply("SMALTI_CACHE");
        if (own != null && !own.isBlank()) return Path.of(own).toAbsolutePath();
        String shared = environment.apply("XDG_CACHE_HOME");
        if (shared != null && Path.of(shared).isAbsolute()) return Path.of(shared, "smalti");
        return home.resolve(".cache").resolve("smalti");
    }

    /// Uses the usual folder, or where that fails the private temporary one.
    ///
    /// @param use what needs the folder
    /// @param <T> what comes of it
    /// @throws IOException if both fail; the first failure is attached
    public <T> T use(Use<T> use) throws IOException {
        try {
            return use.in(usual());
        } catch (IOException first) {
            try {
                return use.in(privateTemporary());
            } catch (IOException second) {
                second.addSuppressed(first);
                throw second;
            }
        }
    }

    /// A folder below the temporary one that belongs to this user and is closed to others; another user may have taken
    /// its usual name, and then it gets a new one.
    private Path privateTemporary() throws IOException {
        Path folder = temp.resolve("smalti-" + user.replaceAll("[^A-Za-z0-9._-]", "_"));
        boolean posix = Files.getFileStore(temp).supportsFileAttributeView("posix");
        if (!posix) return Files.createDirectories(folder);
        try {
            return Files.createDirectory(folder, PosixFilePermissions.asFileAttribute(PRIVATE));
        } catch (FileAlreadyExistsException _) {
            return isPrivate(folder) ? folder : Files.createTempDirectory(temp, "smalti-");
        }
    }

    private boolean isPrivate(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) return false;
        if (!Files.getPosixFilePermissions(folder).equals(PRIVATE)) return false;
        Path probe = Files.createTempFile(temp, "smalti-", ".tmp");
        try {
            return Files.getOwner(folder).equals(Files.getOwner(probe));
        } finally {
            Files.delete(probe);
        }
    }
}
