package io.github.smalti.weights.hub;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/// One revision of a repository that is here, whoever fetched it.
///
/// @param reference where it comes from, such as `hf:owner/name`, without the revision
/// @param revision  commit, digest or hash
/// @param refs      branches, tags or aliases that mean this revision
/// @param bytes     length of its files, each content counted once
/// @param format    of its weights, such as `safetensors`; "" if it has none
/// @param lastUse   when one of its files was last read, as far as the system keeps that
/// @param folder    where its files lie under their own names
public record CachedModel(String reference, String revision, List<String> refs, long bytes, String format,
        Instant lastUse, Path folder) {
    /// How a file of the cache is.
    public enum Verdict {
        /// Its content has the hash that it is named by.
        GOOD,
        /// Its content has another hash.
        DAMAGED,
        /// Its link leads nowhere.
        MISSING,
        /// Nothing tells its hash: a copy that another client made.
        UNKNOWN
    }

    /// One file that was hashed again.
    ///
    /// @param name    its name in the repository
    /// @param path    where it is
    /// @param verdict how it is
    public record CheckedFile(String name, Path path, Verdict verdict) {}

    /// Copies the names.
    public CachedModel { refs = List.copyOf(refs); }
}
