package io.github.smalti.bench;

import java.io.PrintStream;
import java.util.Locale;

/// Where the command writes: results to `out`, all else to `err`, progress on one line that is drawn over and over.
///
/// @param out           standard output
/// @param err           standard error
/// @param isInteractive whether a person watches `err`
record Console(PrintStream out, PrintStream err, boolean isInteractive) {
    private static final int LINE = 78;

    /// Says something that is no result.
    ///
    /// @param sentence without the name of the program
    void say(String sentence) {
        clear();
        err.println("smalti bench: " + sentence);
    }

    /// Prints a result.
    ///
    /// @param lines one or more lines
    void print(String lines) {
        clear();
        out.println(lines);
    }

    /// Draws the progress line.
    ///
    /// @param share 0 to 1
    /// @param what  what goes on
    synchronized void progress(double share, String what) {
        if (!isInteractive) return;
        String line = String.format(Locale.ROOT, "%3d%%  %s", (int) (100 * share), what);
        err.print("\r" + (line.length() > LINE ? line.substring(0, LINE) : line + " ".repeat(LINE - line.length())));
        err.flush();
    }

    /// Leaves the progress line empty.
    void clear() {
        if (!isInteractive) return;
        err.print("\r" + " ".repeat(LINE) + "\r");
        err.flush();
    }
}
