package io.github.smalti.pipeline.internal;

import io.github.smalti.pipeline.ModelPaths;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;

/// The checkpoint files of a model, to notice when another process writes into them while they are mapped.
///
/// A file that was deleted or replaced by another of its name is no harm: the mapping keeps the old one. One that was cut
/// gives zeros up to the end of its last page and a fault behind it. Where the system does not number files, as on
/// Windows, it does not let mapped files be cut either, and nothing is watched. Immutable.
public final class WatchedFiles {
    /// Nothing to watch.
    public static final WatchedFiles NONE = new WatchedFiles(List.of());

    private static final List<String> READ_ONCE = List.of(".json", ".txt", ".yaml", ".yml", ".gz", ".md");

    private record State(Path file, Object key, long size, FileTime changed) {
        static State of(Path file) throws IOException {
            var found = Files.readAttributes(file, BasicFileAttributes.class);
            return new State(file, found.fileKey(), found.size(), found.lastModifiedTime());
        }

        boolean isUnchanged() {
            try {
                State now = of(file);
                return key == null || !key.equals(now.key) || size == now.size && changed.equals(now.changed);
            } catch (IOException _) {
                return true; // deleted, which is no harm
            }
        }
    }

    private final List<State> states;

    private WatchedFiles(List<State> states) { this.states = states; }

    /// Notes the state of a model's files; to be called before they are mapped.
    ///
    /// @param paths where the parts lie
    public static WatchedFiles of(ModelPaths paths) {
        List<State> states = new ArrayList<>();
        for (Path part : new Path[]{paths.dalle(), paths.vqgan(), paths.clip()}) {
            if (part == null) continue;
            try {
                if (isMapped(part)) states.add(State.of(part));
                if (Files.isDirectory(part)) addFiles(part, states);
            } catch (IOException | DirectoryIteratorException _) {
                continue; // loading tells it better
            }
        }
        return new WatchedFiles(List.copyOf(states));
    }

    private static void addFiles(Path folder, List<State> states) throws IOException {
        try (var files = Files.newDirectoryStream(folder)) {
            for (Path file : files) if (isMapped(file)) states.add(State.of(file));
        }
    }

    private static boolean isMapped(Path file) {
        String name = file.getFileName().toString();
        for (String suffix : READ_ONCE) if (name.endsWith(suffix)) return false;
        return Files.isRegularFile(file);
    }

    /// Checks that no file was written into.
    ///
    /// @throws WeightsException if one was
    public void requireUnchanged() {
        for (State before : states) if (!before.isUnchanged()) throw changed(before.file, null);
    }

    /// Whether an error says that mapped memory has lost its file.
    ///
    /// @param fault any error
    public static boolean isMappingFault(InternalError fault) {
        return fault.getMessage() != null && fault.getMessage().contains("unsafe memory access");
    }

    /// The exception for a mapping that lost its file.
    ///
    /// @param fault what reading it gave
    public WeightsException lost(InternalError fault) {
        Path file = Path.of("a checkpoint");
        for (State before : states) if (!before.isUnchanged()) file = before.file;
        return changed(file, fault);
    }

    private static WeightsException changed(Path file, Throwable cause) {
        return new WeightsException(String.valueOf(file.getFileName()), "",
                "was changed by another process while it was in use; load the model again", cause);
    }
}
