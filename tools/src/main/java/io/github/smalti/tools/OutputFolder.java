package io.github.smalti.tools;

import io.github.smalti.core.Raster;
import io.github.smalti.pipeline.GeneratedImages;
import io.github.smalti.pipeline.ImageFileException;
import io.github.smalti.pipeline.ImageFiles;
import io.github.smalti.pipeline.ImageGrid;
import io.github.smalti.pipeline.RankedImage;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The folder that pictures are written to. All pictures of a prompt appear, or none; no file is ever replaced.
final class OutputFolder {
    private static final int LONGEST_SLUG = 48;
    private static final int GAP = 8;
    private static final int MAX_NUMBER = 1_000_000;

    private final Path folder;

    /// What was written.
    ///
    /// @param pictures one file per image, best first
    /// @param grid     the sheet of all, or null if none was asked for
    /// @param number   1 if the plain names were free, else the number at the end of all names
    record Written(List<Path> pictures, Path grid, int number) {}

    OutputFolder(Path folder) { this.folder = folder; }

    /// Fails now and not after the drawing if the folder cannot be written; leaves nothing behind.
    void check() {
        Path created = create();
        try {
            Files.delete(Files.createTempFile(folder, ".smalti-", ".tmp"));
        } catch (IOException e) {
            throw new ToolException(folder + ": this folder cannot be written (" + Sentence.reason(e)
                    + "); choose another by --out", e);
        } finally {
            remove(List.of(), created);
        }
    }

    /// Where the best pictures so far of a prompt are shown while others are drawn: a name that no other run has.
    ///
    /// @param prompt the prompt
    Path early(String prompt) {
        return folder.resolve("best-so-far-" + slug(prompt) + "-" + ProcessHandle.current().pid() + ".png");
    }

    /// Writes the pictures of a prompt.
    ///
    /// @param images   best first
    /// @param withGrid whether to write a sheet of all as well
    /// @param goesOn   asked before each file
    /// @return the files
    Written write(GeneratedImages images, boolean withGrid, Runnable goesOn) {
        Raster sheet = withGrid ? grid(images) : null;
        String slug = slug(images.prompt());
        Path created = create();
        for (int number = 1; number <= MAX_NUMBER; number++) {
            Written written = names(slug, images.size(), withGrid, number);
            if (written.pictures.stream().anyMatch(Files::exists) || withGrid && Files.exists(written.grid)) continue;
            List<Path> done = new ArrayList<>();
            boolean isComplete = false;
            try {
                for (RankedImage image : images) {
                    goesOn.run();
                    Path file = written.pictures.get(image.rank() - 1);
                    image.writePng(file);
                    done.add(file);
                }
                if (withGrid) ImageFiles.writePng(written.grid, sheet);
                isComplete = true;
                return written;
            } catch (ImageFileException e) {
                if (!(e.getCause() instanceof FileAlreadyExistsException)) throw e;
            } finally {
                if (!isComplete) remove(done, created);
            }
        }
        throw new ToolException(folder + ": too many pictures of this prompt; choose another folder by --out");
    }

    /// Creates the folder and those above it.
    ///
    /// @return the uppermost folder that was created, or null
    private Path create() {
        Path created = null;
        for (Path path = folder.toAbsolutePath().normalize(); path != null
                && !Files.exists(path); path = path.getParent()) {
            created = path;
        }
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            remove(List.of(), created);
            throw new ToolException("the folder for pictures cannot be created (" + Sentence.reason(e)
                    + "); choose another by --out", e);
        }
        return created;
    }

    private void remove(List<Path> files, Path created) {
        try {
            for (Path file : files) Files.deleteIfExists(file);
            Path path = folder.toAbsolutePath().normalize();
            while (created != null && path.startsWith(created)) {
                Files.deleteIfExists(path);
                path = path.getParent();
            }
        } catch (IOException _) {
            // the failure that led here is the one to tell; a folder that someone else uses stays
        }
    }

    private Written names(String slug, int count, boolean withGrid, int number) {
        int digits = Math.max(2, Integer.toString(count).length());
        String end = (number == 1 ? "" : "-" + number) + ".png";
        List<Path> pictures = new ArrayList<>();
        for (int rank = 1; rank <= count; rank++) {
            pictures.add(folder.resolve(String.format(Locale.ROOT, "%0" + digits + "d-%s%s", rank, slug, end)));
        }
        return new Written(pictures, withGrid ? folder.resolve("grid-" + slug + end) : null, number);
    }

    /// The pictures in rows: as square as possible, or one column more if that leaves no hole.
    private static Raster grid(List<RankedImage> images) {
        int count = images.size();
        int columns = (int) Math.ceil(Math.sqrt(count));
        if (count % columns != 0 && count % (columns + 1) == 0) columns++;
        return ImageGrid.of(images.stream().map(RankedImage::toRaster).toList(), columns, GAP);
    }

    /// The prompt as part of a file name: ASCII letters and digits of its first words.
    ///
    /// @param prompt any text
    /// @return at most 48 characters, `untitled` if nothing is left
    static String slug(String prompt) {
        String start = prompt.substring(0, Math.min(prompt.length(), 10 * LONGEST_SLUG));
        String plain = Normalizer.normalize(start, Normalizer.Form.NFKD).replaceAll("\\p{M}+", "")
                .toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
        if (plain.length() > LONGEST_SLUG) {
            int end = plain.lastIndexOf('-', LONGEST_SLUG);
            plain = plain.substring(0, end > 0 ? end : LONGEST_SLUG);
        }
        return plain.isEmpty() ? "untitled" : plain;
    }
}
