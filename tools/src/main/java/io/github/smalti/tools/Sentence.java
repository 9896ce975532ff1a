package io.github.smalti.tools;

import io.github.smalti.clip.IndexFileException;
import io.github.smalti.core.NativeMemoryException;
import io.github.smalti.core.ShapeMismatchException;
import io.github.smalti.core.internal.ForeignText;
import io.github.smalti.pipeline.TextToImageException;
import io.github.smalti.tokenizer.TokenizerException;
import io.github.smalti.transformer.GenerationCancelledException;
import io.github.smalti.transformer.GenerationException;
import io.github.smalti.weights.WeightsException;
import io.github.smalti.weights.hub.HubException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// Faults in words: one line each.
final class Sentence {
    private static final int INTERRUPTED = 130;
    private static final int LONGEST = 1900;

    private Sentence() {}

    /// What went wrong and what to do.
    ///
    /// @param fault any fault
    /// @return one line
    static String of(Throwable fault) {
        return line(switch (fault) {
            case GenerationCancelledException _ -> "stopped; nothing of this prompt was written";
            case OutOfMemoryError _ -> "the Java heap of " + Bytes.text(Runtime.getRuntime().maxMemory())
                    + " is too small: draw fewer images at once, or give it more, such as JAVA_OPTS=-Xmx8g";
            case UnmatchedArgumentException e -> unknown(e);
            case ParameterException _ -> lowerFirst(String.valueOf(fault.getMessage()));
            case RuntimeException _ when isExpected(fault) -> String.valueOf(fault.getMessage());
            case IOException e -> reason(e);
            case UncheckedIOException e -> reason(e.getCause());
            default -> "unexpected fault, please report it with what --debug shows: " + fault;
        });
    }

    /// Whether the library meant the message for people.
    private static boolean isExpected(Throwable fault) {
        return fault instanceof TextToImageException || fault instanceof WeightsException
                || fault instanceof TokenizerException || fault instanceof ShapeMismatchException
                || fault instanceof GenerationException || fault instanceof HubException
                || fault instanceof NativeMemoryException || fault instanceof IndexFileException
                || fault instanceof ToolException;
    }

    private static String unknown(UnmatchedArgumentException e) {
        var command = e.getCommandLine();
        String found = e.getUnmatched().getFirst();
        String commands = String.join(", ", command.getSubcommands().keySet());
        if (!commands.isEmpty() && !found.startsWith("-")) {
            return "unknown command '" + found + "': expected one of " + commands;
        }
        String similar = String.join(" or ", e.getSuggestions());
        return lowerFirst(e.getMessage()) + (similar.isEmpty() ? "" : ", did you mean " + similar + "?");
    }

    private static String lowerFirst(String text) {
        return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
    }

    /// The exit code of a fault that is no wrong use.
    ///
    /// @param fault any fault
    static int exitCode(Throwable fault) {
        return fault instanceof GenerationCancelledException ? INTERRUPTED : ExitCode.SOFTWARE;
    }

    /// Why a file could not be read or written.
    ///
    /// @param e the fault
    static String reason(IOException e) {
        String file = e instanceof FileSystemException fault && fault.getFile() != null ? fault.getFile() + ": " : "";
        String said = e instanceof FileSystemException fault ? fault.getReason() : e.getMessage();
        if (said != null) return file + said;
        return file + switch (e) {
            case NoSuchFileException _ -> "no such file or folder";
            case AccessDeniedException _ -> "permission denied";
            case NotDirectoryException _ -> "not a folder";
            default -> e.getClass().getSimpleName();
        };
    }

    /// Text on one line, without what would steer the terminal.
    ///
    /// @param text any text
    static String line(String text) { return line(text.strip(), true); }

    /// Text on one line, without what would steer the terminal.
    ///
    /// @param text   any text
    /// @param merges whether white space around line ends goes with them
    static String line(String text, boolean merges) {
        return ForeignText.escape(merges ? text.replaceAll("\\s*\\R\\s*", " ") : text, LONGEST, "?");
    }
}
