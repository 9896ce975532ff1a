package io.github.smalti.tools;

import java.io.PrintStream;
import java.util.Locale;

/// One line that is drawn over and over while pictures are embedded: share, count, time left.
final class IndexBar implements AutoCloseable {
    private static final int BAR = 24;
    private static final int LINE = 78;
    private static final long PAUSE_NANOS = 100_000_000;
    private static final double NANOS = 1e-9;

    private final PrintStream err;
    private final boolean isShown;
    private long start;
    private long shown;

    /// A bar, invisible where nobody watches.
    ///
    /// @param terminal where
    IndexBar(Terminal terminal) {
        this.err = terminal.err();
        this.isShown = terminal.isInteractive();
    }

    /// Shows a word while something that cannot be counted goes on.
    ///
    /// @param what such as `loading`
    void show(String what) { if (isShown) write(what); }

    /// Shows how much is done; the first call starts the clock.
    ///
    /// @param done  pictures so far
    /// @param total pictures there are
    void show(int done, int total) {
        long now = System.nanoTime();
        if (start == 0) start = now;
        if (!isShown || shown != 0 && now - shown < PAUSE_NANOS && done < total) return;
        shown = now;
        write(line(done, total, (now - start) * NANOS));
    }

    static String line(int done, int total, double seconds) {
        double share = total == 0 ? 1 : (double) done / total;
        int filled = (int) (share * BAR);
        String left = done == 0 ? "" : ", " + ProgressBar.clock(seconds / done * (total - done)) + " left";
        return String.format(Locale.ROOT, "indexing [%s%s] %3d%%  %d of %d pictures%s", "=".repeat(filled),
                " ".repeat(BAR - filled), (int) (100 * share), done, total, left);
    }

    private void write(String line) {
        err.print("\r" + (line.length() >= LINE ? line.substring(0, LINE) : line + " ".repeat(LINE - line.length())));
        err.flush();
    }

    /// Leaves the line empty for what comes next.
    @Override
    public void close() {
        if (!isShown) return;
        err.print("\r" + " ".repeat(LINE) + "\r");
        err.flush();
    }
}
