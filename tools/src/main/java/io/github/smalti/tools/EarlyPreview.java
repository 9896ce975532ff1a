package io.github.smalti.tools;

import io.github.smalti.core.Raster;
import io.github.smalti.pipeline.ImageFileException;
import io.github.smalti.pipeline.ImageFiles;
import io.github.smalti.pipeline.ImageGrid;
import io.github.smalti.pipeline.Progress;
import io.github.smalti.pipeline.ProgressListener;
import io.github.smalti.pipeline.RankedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// A sheet of the best pictures so far, for those who wait for many: replaced after each batch, removed at the end.
final class EarlyPreview implements ProgressListener, AutoCloseable {
    private static final int MOST = 16;
    private static final int COLUMNS = 4;
    private static final int GAP = 8;

    private final ProgressListener next;
    private final Path file;
    private final Terminal terminal;
    private boolean isWritten;

    /// A sheet that appears with the first batch.
    ///
    /// @param next     who is told besides
    /// @param file     where it goes
    /// @param terminal where to say so
    EarlyPreview(ProgressListener next, Path file, Terminal terminal) {
        this.next = next;
        this.file = file;
        this.terminal = terminal;
    }

    @Override
    public boolean on(Progress event) {
        if (event instanceof Progress.BestSoFar(List<RankedImage> best, _, _)) show(best);
        return next.on(event);
    }

    private void show(List<RankedImage> best) {
        List<Raster> first = best.stream().limit(MOST).map(RankedImage::toRaster).toList();
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            ImageFiles.replacePng(file, ImageGrid.of(first, Math.min(COLUMNS, first.size()), GAP));
            if (!isWritten) terminal.say("the best so far are in " + file + " while drawing goes on");
            isWritten = true;
        } catch (IOException | ImageFileException _) {
            // a preview that cannot be written is no reason to stop; the pictures themselves will tell
        }
    }

    /// Removes the sheet.
    @Override
    public void close() {
        try {
            if (isWritten) Files.deleteIfExists(file);
        } catch (IOException e) {
            terminal.say(file + " could not be removed: " + Sentence.reason(e));
        }
    }
}
