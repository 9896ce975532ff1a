package io.github.smalti.weights.hub.internal;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.function.Predicate;

/// Files below a folder of the cache.
///
/// Other processes may work in the folder: what vanishes while it is listed is left out, where [Files#walk] would
/// fail.
public final class Listing {
    private Listing() {}

    /// Lists files and links, neither folders nor what links lead to.
    ///
    /// @param folder   where, which may be missing
    /// @param maxDepth folders below it that are looked into, and one
    /// @param isWanted whether a file is to be listed
    /// @return the files, sorted
    /// @throws IOException if a folder cannot be read
    public static List<Path> files(Path folder, int maxDepth, Predicate<Path> isWanted) throws IOException {
        List<Path> found = new ArrayList<>();
        var visitor = new SimpleFileVisitor<Path>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (!attributes.isDirectory() && isWanted.test(file)) found.add(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException fault) throws IOException {
                if (fault instanceof NoSuchFileException) return FileVisitResult.CONTINUE;
                throw fault;
            }
        };
        Files.walkFileTree(folder, EnumSet.noneOf(FileVisitOption.class), maxDepth, visitor);
        found.sort(null);
        return found;
    }
}
