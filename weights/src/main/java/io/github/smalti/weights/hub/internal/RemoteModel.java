package io.github.smalti.weights.hub.internal;

import java.util.List;

/// What a service offers under one reference.
///
/// @param revision commit, digest or hash: a name that never means other files
/// @param files    all its files
public record RemoteModel(String revision, List<RemoteFile> files) {
    /// Copies the files.
    public RemoteModel { files = List.copyOf(files); }
}
