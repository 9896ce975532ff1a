package io.github.smalti.tools;

import io.github.smalti.pipeline.ImageFileException;
import io.github.smalti.pipeline.ImageFiles;
import io.github.smalti.pipeline.Progress;
import io.github.smalti.pipeline.ProgressListener;
import io.github.smalti.pipeline.RankedImage;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// An early look at the best pictures of a prompt while more are drawn: a sheet that is replaced, each time whole, after
/// a batch that changes it, at most every two seconds, and removed at the end.
final class BestSoFar implements ProgressListener, AutoCloseable {
    /// A sheet of more would be no quick look.
    private static final int MOST_PICTURES = 64;
    /// Writing the sheet of small pictures takes longer than drawing a batch of them.
    private static final long PAUSE_NANOS = 2_000_000_000L;

    private final OutputFolder folder;
    private final Path file;
    private final ProgressListener next;
    private List<Integer> shown = List.of();
    /// The uppermost folder that was created for the sheet, or null.
    private Path created;
    private boolean isWritten;
    private long writtenAt;

    /// A sheet that is written once there is something to see.
    ///
    /// @param folder where
    /// @param prompt what is drawn
    /// @param next   told of every event first
    BestSoFar(OutputFolder folder, String prompt, ProgressListener next) {
        this.folder = folder;
        this.file = folder.bestSoFar(prompt);
        this.next = next;
    }

    @Override
    public boolean on(Progress event) {
        if (!next.on(event)) return false;
        if (event instanceof Progress.BatchDone(int done, int total, List<RankedImage> best) && done < total)
            show(best);
        return true;
    }

    /// A sheet that cannot be written is done without: the pictures themselves will tell why.
    private void show(List<RankedImage> best) {
        List<RankedImage> first = best.subList(0, Math.min(MOST_PICTURES, best.size()));
        List<Integer> indexes = first.stream().map(RankedImage::index).toList();
        boolean isEarly = isWritten && System.nanoTime() - writtenAt < PAUSE_NANOS;
        if (isEarly || indexes.equals(shown)) return;
        try {
            if (!isWritten) {
                created = folder.create();
                ImageFiles.writePng(file, OutputFolder.grid(first));
            } else {
                ImageFiles.replacePng(file, OutputFolder.grid(first));
            }
            isWritten = true;
            shown = indexes;
            writtenAt = System.nanoTime();
        } catch (ImageFileException e) {
            if (e.getCause() instanceof FileAlreadyExistsException) shown = indexes; // someone else's: it stays
        }
    }

    /// Removes the sheet, and the folder if it was made for it and holds nothing else.
    @Override
    public void close() {
        try {
            if (isWritten) Files.deleteIfExists(file);
        } catch (IOException _) {
            return; // it says by its name what it is
        }
        folder.removeEmpty(created);
    }
}
