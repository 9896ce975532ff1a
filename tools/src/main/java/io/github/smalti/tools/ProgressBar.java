package io.github.smalti.tools;

import io.github.smalti.pipeline.Progress;
import io.github.smalti.pipeline.ProgressListener;
import io.github.smalti.pipeline.Stage;
import java.io.PrintStream;
import java.util.Locale;

/// One line that is drawn over and over: stage, share, work done, time left.
///
/// Where images are drawn in several batches it shows the request as a whole: how many images are through all stages, and
/// the time left by the pace of whole batches.
final class ProgressBar implements ProgressListener, AutoCloseable {
    private static final int BAR = 24;
    private static final int LINE = 78;
    private static final long PAUSE_NANOS = 100_000_000;
    private static final long WINDOW_NANOS = 3_000_000_000L;
    private static final double NANOS = 1e-9;

    private final PrintStream err;
    private final boolean isShown;
    private final String label;
    private Stage stage = Stage.DRAW;
    private double reached;
    private int imagesDone;
    private int images;
    private long start;
    private long batchEnd;
    private long since;
    private int doneSince;
    private long mark;
    private int doneAtMark;
    private long shown;
    private boolean isDirty;

    /// A bar, invisible where nobody watches.
    ///
    /// @param terminal where
    /// @param label    what precedes the stage, such as `2/5 `
    ProgressBar(Terminal terminal, String label) {
        this.err = terminal.err();
        this.isShown = terminal.isInteractive();
        this.label = label;
    }

    @Override
    public boolean on(Progress event) {
        if (!isShown) return true;
        switch (event) {
            case Progress.StageStarted(Stage next, int total) -> {
                stage = next;
                if (start == 0) start = System.nanoTime();
                since = mark = System.nanoTime();
                doneSince = doneAtMark = 0;
                shown = 0;
                show(0, total);
            }
            case Progress.TokensDone(int done, int total) -> {
                stage = Stage.DRAW;
                show(done, total);
            }
            case Progress.ImageDone(_, _, int done, int total) -> decodedOrRanked(Stage.DECODE, done, total);
            case Progress.ImageScored(_, _, int done, int total) -> decodedOrRanked(Stage.RANK, done, total);
            case Progress.PerplexityDone(_, _, int done, int total) -> decodedOrRanked(Stage.RANK, done, total);
            case Progress.BatchDone(int done, int total, _) -> {
                imagesDone = done;
                images = total;
                batchEnd = System.nanoTime();
            }
            case Progress.Preview _,Progress.StageEnded _ -> {}
        }
        return true;
    }

    /// Shows a word while something without events goes on.
    ///
    /// @param what such as `loading`
    void show(String what) { if (isShown) write(label + what); }

    private void decodedOrRanked(Stage now, int done, int total) {
        stage = now;
        show(done, total);
    }

    private void show(int done, int total) {
        if (imagesDone > 0) {
            showAll(done, total);
            return;
        }
        long now = System.nanoTime();
        if (shown != 0 && now - shown < PAUSE_NANOS && done < total) return;
        shown = now;
        double share = total == 0 ? 1 : (double) done / total;
        int filled = (int) (share * BAR);
        String left = left(now, done, total);
        write(String.format(Locale.ROOT, "%s%-8s [%s%s] %3d%%  %d of %d %s%s", label, verb(stage), "=".repeat(filled),
                " ".repeat(BAR - filled), (int) (100 * share), done, total, stage == Stage.DRAW ? "tokens" : "images",
                left));
    }

    /// The whole request, once its first batch is through.
    private void showAll(int done, int total) {
        long now = System.nanoTime();
        if (now - shown < PAUSE_NANOS) return;
        shown = now;
        reached = Math.max(reached, (double) done / total); // decoding a batch is behind drawing it
        double perImage = (batchEnd - start) * NANOS / imagesDone;
        double left = Math.max(0, perImage * (images - imagesDone) - (now - batchEnd) * NANOS);
        int filled = (int) (reached * BAR);
        write(String.format(Locale.ROOT, "%s%-8s [%s%s] %3d%%  %d of %d images, %s left", label, verb(stage),
                "=".repeat(filled), " ".repeat(BAR - filled), (int) (100 * reached), imagesDone, images, clock(left)));
    }

    /// Time left by the speed of the last seconds: the first tokens are slow, since Java is still compiling.
    private String left(long now, int done, int total) {
        if (now - mark > WINDOW_NANOS) {
            since = mark;
            doneSince = doneAtMark;
            mark = now;
            doneAtMark = done;
        }
        boolean isKnown = done > doneSince && (now - since > WINDOW_NANOS / 2 || done == total);
        return isKnown ? ", " + clock((now - since) * NANOS / (done - doneSince) * (total - done)) + " left" : "";
    }

    private static String verb(Stage stage) {
        return switch (stage) {
            case DRAW -> "drawing";
            case DECODE -> "decoding";
            case RANK -> "ranking";
        };
    }

    /// Hours only where there are some: `0:07`, `12:30`, `1:02:03`.
    static String clock(double seconds) {
        long whole = Math.round(seconds);
        long hours = whole / 3600;
        String minutes = String.format(Locale.ROOT, hours > 0 ? "%02d:%02d" : "%d:%02d", whole / 60 % 60, whole % 60);
        return hours > 0 ? hours + ":" + minutes : minutes;
    }

    private void write(String line) {
        isDirty = true;
        err.print("\r" + (line.length() >= LINE ? line.substring(0, LINE) : line + " ".repeat(LINE - line.length())));
        err.flush();
    }

    /// Leaves the line empty for what comes next.
    @Override
    public void close() {
        if (!isDirty) return;
        err.print("\r" + " ".repeat(LINE) + "\r");
        err.flush();
    }
}
