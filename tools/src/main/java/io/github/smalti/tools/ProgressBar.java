package io.github.smalti.tools;

import io.github.smalti.pipeline.Progress;
import io.github.smalti.pipeline.ProgressListener;
import io.github.smalti.pipeline.Stage;
import java.io.PrintStream;
import java.util.Locale;

/// One line that is drawn over and over: stage, share, work done, time left.
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
    private long since;
    private int doneSince;
    private long mark;
    private int doneAtMark;
    private long shown;
    /// When the first stage began, when the last whole batch ended, and how many images that batch and those before it had.
    private long start;
    private long batchEnd;
    private int imagesDone;
    private int imagesTotal;
    /// Units of each stage that are done, over all batches.
    private final int[] done = new int[Stage.values().length];
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
                since = mark = System.nanoTime();
                if (start == 0) start = since;
                doneSince = doneAtMark = done[next.ordinal()];
                shown = 0;
                show(doneSince, total);
            }
            case Progress.TokensDone(int done, int total) -> show(done, total);
            case Progress.ImageDone(_, _, int done, int total) -> show(done, total);
            case Progress.ImageScored(_, _, int done, int total) -> show(done, total);
            case Progress.PerplexityDone(_, _, int done, int total) -> show(done, total);
            case Progress.BestSoFar(_, int whole, int total) -> {
                batchEnd = System.nanoTime();
                imagesDone = whole;
                imagesTotal = total;
            }
            case Progress.Preview _,Progress.StageEnded _ -> {}
        }
        return true;
    }

    /// Shows a word while something without events goes on.
    ///
    /// @param what such as `loading`
    void show(String what) { if (isShown) write(label + what); }

    private void show(int units, int total) {
        done[stage.ordinal()] = units;
        long now = System.nanoTime();
        if (shown != 0 && now - shown < PAUSE_NANOS && units < total) return;
        shown = now;
        double share = total == 0 ? 1 : (double) units / total;
        int filled = (int) (share * BAR);
        String left = left(now, units, total);
        write(String.format(Locale.ROOT, "%s%-8s [%s%s] %3d%%  %d of %d %s%s", label, verb(stage), "=".repeat(filled),
                " ".repeat(BAR - filled), (int) (100 * share), units, total, stage == Stage.DRAW ? "tokens" : "images",
                left));
    }

    /// Time left by the whole batches so far, else by the speed of the last seconds: the first tokens are slow, since Java
    /// is still compiling.
    private String left(long now, int units, int total) {
        if (imagesDone > 0) {
            double perImage = (batchEnd - start) * NANOS / imagesDone;
            double left = perImage * (imagesTotal - imagesDone) - (now - batchEnd) * NANOS;
            return ", " + clock(Math.max(0, left)) + " left";
        }
        if (now - mark > WINDOW_NANOS) {
            since = mark;
            doneSince = doneAtMark;
            mark = now;
            doneAtMark = units;
        }
        boolean isKnown = units > doneSince && (now - since > WINDOW_NANOS / 2 || units == total);
        return isKnown ? ", " + clock((now - since) * NANOS / (units - doneSince) * (total - units)) + " left" : "";
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
