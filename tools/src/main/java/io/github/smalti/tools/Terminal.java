package io.github.smalti.tools;

import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonValue;
import java.io.Console;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// Where a command writes: results to `out`, everything else to `err`.
///
/// @param out           standard output
/// @param err           standard error
/// @param isInteractive whether a person watches `err`, so that a progress bar may be drawn
/// @param interruption  what Ctrl-C does
record Terminal(PrintStream out, PrintStream err, boolean isInteractive, Interruption interruption) {
    private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");

    /// The terminal of this process.
    static Terminal ofProcess(Interruption interruption) {
        return new Terminal(System.out, System.err, watches() && !"dumb".equals(System.getenv("TERM")), interruption);
    }

    /// Java tells about standard input and output only ([Console#isTerminal]); Linux tells about standard error.
    private static boolean watches() {
        try {
            if (Files.exists(STANDARD_ERROR)) {
                Path target = STANDARD_ERROR.toRealPath();
                return target.startsWith("/dev/pts") || target.toString().startsWith("/dev/tty")
                        || target.equals(Path.of("/dev/console"));
            }
        } catch (IOException | SecurityException _) {
            return false; // a pipe or a deleted file
        }
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    /// Says something that is no result, on a line of its own.
    ///
    /// @param sentence without the name of the program
    void say(String sentence) { err.println("smalti: " + sentence); }

    /// Prints a result line.
    ///
    /// @param line the line
    void print(String line) { out.println(line); }

    /// Prints a JSON document, in UTF-8 whatever the terminal's encoding is.
    ///
    /// @param document the document
    void print(JsonValue document) {
        byte[] utf8 = Json.writePretty(document).getBytes(StandardCharsets.UTF_8);
        out.write(utf8, 0, utf8.length);
    }
}
