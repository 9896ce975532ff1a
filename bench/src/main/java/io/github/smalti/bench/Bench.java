package io.github.smalti.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/// The command `smalti bench`.
///
/// Exit codes: 0 done, 1 failed, 2 wrong use.
@Command(name = "smalti bench", mixinStandardHelpOptions = true,
        versionProvider = Version.class, scope = ScopeType.INHERIT,
        synopsisSubcommandLabel = "COMMAND", description = "Measures Smalti beside the machine's own limits.",
        optionListHeading = "%nOptions:%n", parameterListHeading = "%nArguments:%n",
        commandListHeading = "%nCommands:%n", footerHeading = "%n")
public final class Bench implements Runnable {
    private static final int HELP_WIDTH = 100;
    private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");

    private final Console console;

    @Spec
    private CommandSpec spec;

    Bench(Console console) { this.console = console; }

    /// Runs a command and ends the process with its exit code.
    ///
    /// @param arguments as typed
    public static void main(String[] arguments) {
        System.exit(run(new Console(System.out, System.err, isWatched()), arguments));
    }

    /// Runs a command within a process that goes on.
    ///
    /// @param out       where results go
    /// @param err       where all else goes
    /// @param arguments as typed
    /// @return the exit code
    public static int run(PrintStream out, PrintStream err, String... arguments) {
        return run(new Console(out, err, false), arguments);
    }

    private static int run(Console console, String... arguments) {
        var command = new CommandLine(new Bench(console));
        for (Size size : Size.values()) {
            var sub = new CommandLine(new MeasureCommand(size));
            sub.getCommandSpec().usageMessage().description("Measures " + size.description() + ".");
            command.addSubcommand(size.word(), sub);
        }
        command.addSubcommand(new GrowthCommand());
        command.addSubcommand(new CallersCommand());
        command.addSubcommand(new AttentionCommand());
        command.addSubcommand(new SearchCommand());
        command.addSubcommand(new RandomModelCommand());
        command.setOut(new PrintWriter(console.out(), true, console.out().charset()));
        command.setErr(new PrintWriter(console.err(), true, console.err().charset()));
        command.setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF));
        command.setUsageHelpWidth(HELP_WIDTH);
        command.setCaseInsensitiveEnumValuesAllowed(true);
        command.setParameterExceptionHandler((e, _) -> refuse(console, e));
        command.setExecutionExceptionHandler((e, _, _) -> fail(console, e));
        try {
            return command.execute(arguments);
        } catch (OutOfMemoryError e) {
            console.say("the Java heap is too small: give it more, such as JAVA_OPTS=-Xmx8g");
            return CommandLine.ExitCode.SOFTWARE;
        }
    }

    private static int refuse(Console console, ParameterException e) {
        console.say(e.getMessage() + " (see " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help)");
        return CommandLine.ExitCode.USAGE;
    }

    private static int fail(Console console, Exception fault) {
        boolean isExpected = fault instanceof BenchException
                || fault.getClass().getName().startsWith("io.github.smalti");
        String sentence = switch (fault) {
            case FileSystemException e -> e.getFile() + ": "
                    + (e.getReason() != null ? e.getReason() : e.getClass().getSimpleName());
            case IOException e -> e.getMessage();
            case UncheckedIOException e -> e.getCause().getMessage();
            default -> isExpected ? fault.getMessage() : "unexpected fault: " + fault;
        };
        console.say(sentence);
        if (!isExpected && !(fault instanceof IOException || fault instanceof UncheckedIOException))
            fault.printStackTrace(console.err());
        return CommandLine.ExitCode.SOFTWARE;
    }

    /// Whether standard error is a terminal; where this cannot be told, no.
    private static boolean isWatched() {
        try {
            Path target = STANDARD_ERROR.toRealPath();
            return target.startsWith("/dev/pts") || target.toString().startsWith("/dev/tty");
        } catch (IOException | SecurityException _) {
            return false; // a pipe, or another system than Linux
        }
    }

    @Override
    public void run() { spec.commandLine().usage(spec.commandLine().getOut()); }

    Console console() { return console; }
}
