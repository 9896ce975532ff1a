package io.github.smalti.tools;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;
import java.util.Map;
import java.util.TreeMap;

/// The files of a folder and the folders in it, in the order of their names; those that begin with a dot are left out.
///
/// @param folder     the folder
/// @param versions   size and time of each file by its name: the path within the folder, with `/`
/// @param unreadable folders and files that could not be looked at, with the reason
record PictureFolder(Path folder, Map<String, String> versions, Map<String, String> unreadable) {
    /// Looks at all files; links are followed.
    ///
    /// @param folder where
    /// @param left   a file that is left out
    /// @throws IOException if the folder cannot be listed
    static PictureFolder of(Path folder, Path left) throws IOException {
        var found = new PictureFolder(folder, new TreeMap<>(), new TreeMap<>());
        Path leftOut = left.toAbsolutePath().normalize();
        Files.walkFileTree(folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
                        boolean isLeft = !path.equals(folder) && isHidden(path);
                        return isLeft ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) {
                        if (!isHidden(path) && !path.toAbsolutePath().normalize().equals(leftOut)) {
                            found.versions.put(found.name(path),
                                    attributes.size() + " " + attributes.lastModifiedTime().toMillis());
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path path, IOException e) throws IOException {
                        if (path.equals(folder)) throw e;
                        if (!isHidden(path)) found.unreadable.put(found.name(path), Sentence.reason(e));
                        return FileVisitResult.CONTINUE;
                    }
                });
        return found;
    }

    private static boolean isHidden(Path path) { return path.getFileName().toString().startsWith("."); }

    private String name(Path path) {
        Path within = folder.relativize(path);
        return within.toString().replace(within.getFileSystem().getSeparator(), "/");
    }
}
