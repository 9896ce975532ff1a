package io.github.smalti.tools;

import io.github.smalti.weights.hub.PullListener;
import io.github.smalti.weights.hub.PullProgress;
import java.io.PrintStream;
import java.util.Locale;

/// One line that is drawn over and over while files are fetched: file, share, bytes, rate, time left.
final class PullBar implements PullListener, AutoCloseable {
    private static final int BAR = 16;
    private static final int LINE = 96;
    private static final int NAME = 24;

    private final PrintStream err;
    private final boolean isShown;

    /// A bar, invisible where nobody watches.
    ///
    /// @param terminal where
    PullBar(Terminal terminal) {
        this.err = terminal.err();
        this.isShown = terminal.isInteractive();
    }

    @Override
    public void on(PullProgress progress) { if (isShown) write(line(progress)); }

    static String line(PullProgress progress) {
        String name = Sentence.line(progress.file());
        String shown = name.length() <= NAME ? name : "..." + name.substring(name.length() - NAME + 3);
        if (!progress.note().isEmpty()) return shown + ": " + progress.note();
        String rate = progress.bytesPerSecond() > 0 ? ", " + Bytes.text((long) progress.bytesPerSecond()) + "/s" : "";
        long total = progress.totalBytes();
        if (total < 0) return shown + " " + Bytes.text(progress.doneBytes()) + rate;
        double share = total == 0 ? 1 : Math.min(1, (double) progress.doneBytes() / total);
        int filled = (int) (share * BAR);
        String left = progress.secondsLeft() < 0 ? "" : ", " + ProgressBar.clock(progress.secondsLeft()) + " left";
        return String.format(Locale.ROOT, "%s [%s%s] %3d%%  %s of %s%s%s", shown, "=".repeat(filled),
                " ".repeat(BAR - filled), (int) (100 * share), Bytes.text(progress.doneBytes()), Bytes.text(total),
                rate,
                left);
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
