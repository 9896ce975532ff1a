package io.github.smalti.tools;

import java.io.PrintStream;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/// The command line: `smalti COMMAND …`.
///
/// Exit codes: 0 done, 1 failed, 2 wrong use, 130 ended by Ctrl-C.
@Command(name = "smalti", mixinStandardHelpOptions = true, versionProvider = Version.class, scope = ScopeType.INHERIT,
        synopsisSubcommandLabel = "COMMAND", description = "Draws pictures from text, in plain Java.",
        descriptionHeading = "%n", optionListHeading = "%nOptions:%n", parameterListHeading = "%nArguments:%n",
        commandListHeading = "%nCommands:%n", footerHeading = "%n", subcommands = {
                Generate.class, Replay.class, Rank.class, Classify.class, IndexCommand.class, Search.class,
                Tokenize.class, Encode.class, Decode.class, Reconstruct.class,
                Inspect.class, Convert.class, Pull.class, Models.class})
public final class Smalti implements Runnable {
    private static final int HELP_WIDTH = 100;
    private static final String[] FOOTER = {"Examples:", "  smalti generate \"a cat with a hat\"",
            "  smalti generate --help", "",
            "From a checkout, \"smalti bench --help\" measures every stage beside the machine's limits.", "",
            "Exit codes: 0 done, 1 failed, 2 wrong use, 130 ended by Ctrl-C.",
            "Errors are one sentence on standard error."};

    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    @Option(names = "--debug", scope = ScopeType.INHERIT,
            description = "Show the stack trace of an error. Default: one sentence.")
    private boolean debug;

    Smalti(Terminal terminal) { this.terminal = terminal; }

    /// Runs a command and ends the process with its exit code.
    ///
    /// @param arguments as typed
    public static void main(String[] arguments) {
        var interruption = new Interruption();
        interruption.listen();
        int exit = run(Terminal.ofProcess(interruption), arguments);
        interruption.finished();
        System.exit(exit);
    }

    /// Runs a command within a process that goes on.
    ///
    /// @param out       where results go
    /// @param err       where all else goes
    /// @param arguments as typed
    /// @return the exit code
    public static int run(PrintStream out, PrintStream err, String... arguments) {
        return run(new Terminal(out, err, false, new Interruption()), arguments);
    }

    static int run(Terminal terminal, String... arguments) {
        var smalti = new Smalti(terminal);
        var command = new CommandLine(smalti);
        command.setOut(new PrintWriter(terminal.out(), true, terminal.out().charset()));
        command.setErr(new PrintWriter(terminal.err(), true, terminal.err().charset()));
        command.setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF));
        command.setUsageHelpWidth(HELP_WIDTH);
        command.setUsageHelpLongOptionsMaxWidth(HELP_WIDTH / 3);
        command.setExpandAtFiles(false); // a prompt may begin with @
        command.setCaseInsensitiveEnumValuesAllowed(true);
        command.setParameterExceptionHandler((e, _) -> smalti.refuse(e));
        command.setExecutionExceptionHandler((e, _, _) -> smalti.fail(e));
        command.getCommandSpec().usageMessage().footer(FOOTER);
        try (var _ = new Warnings(terminal)) {
            int exit = command.execute(arguments);
            if (exit != CommandLine.ExitCode.OK || !terminal.out().checkError()) return exit;
            return smalti.fail(new ToolException(
                    "standard output cannot be written: is the disk full, or did the reader of the pipe end?"));
        } catch (OutOfMemoryError | StackOverflowError e) {
            return smalti.fail(e);
        }
    }

    @Override
    public void run() { spec.commandLine().usage(spec.commandLine().getOut()); }

    Terminal terminal() { return terminal; }

    private int refuse(ParameterException e) {
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        terminal.say(Sentence.of(e) + " (see " + command + " --help)");
        if (debug) e.printStackTrace(terminal.err());
        return CommandLine.ExitCode.USAGE;
    }

    private int fail(Throwable fault) {
        terminal.say(Sentence.of(fault));
        if (debug) fault.printStackTrace(terminal.err());
        return Sentence.exitCode(fault);
    }
}
