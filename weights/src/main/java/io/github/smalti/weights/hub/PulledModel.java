package io.github.smalti.weights.hub;

import java.nio.file.Path;
import java.util.List;

/// A model whose files are here and verified.
///
/// @param reference what was asked for
/// @param parts     its parts; one of [ModelPart#ANY] unless the model is a known one
public record PulledModel(ModelReference reference, List<Part> parts) {
    /// One part.
    ///
    /// @param part      what it is used for
    /// @param reference where it comes from
    /// @param revision  commit, digest or hash; "" for files of this machine
    /// @param folder    where its files lie under their own names; a file if the reference names one file
    /// @param files     the files that were asked for
    public record Part(ModelPart part, ModelReference reference, String revision, Path folder, List<File> files) {
        /// Copies the files.
        public Part { files = List.copyOf(files); }
    }

    /// One file.
    ///
    /// @param name      its name in the repository, with `/`
    /// @param path      where it is
    /// @param bytes     its length
    /// @param isFetched whether this pull fetched it; false if it was there
    public record File(String name, Path path, long bytes, boolean isFetched) {}

    /// Copies the parts.
    public PulledModel { parts = List.copyOf(parts); }

    /// Folder of a part of a known model, or of any other model's only part.
    ///
    /// @param part which
    /// @throws HubException if the model has no such part
    public Path folder(ModelPart part) {
        for (Part each : parts) { if (each.part() == part || each.part() == ModelPart.ANY) return each.folder(); }
        throw new HubException(reference + ": has no part " + part);
    }
}
