package io.github.smalti.tools;

import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// The library's log as lines of the command line, for as long as a command runs.
final class Warnings extends Handler implements AutoCloseable {
    private final Terminal terminal;
    private final Logger logger = Logger.getLogger("smalti");
    private final boolean usedParents = logger.getUseParentHandlers();

    /// Takes the log over.
    Warnings(Terminal terminal) {
        this.terminal = terminal;
        setLevel(Level.WARNING);
        logger.setUseParentHandlers(false);
        logger.addHandler(this);
    }

    @Override
    public void publish(LogRecord record) { if (isLoggable(record)) terminal.say(record.getMessage()); }

    @Override
    public void flush() { terminal.err().flush(); }

    /// Gives the log back.
    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setUseParentHandlers(usedParents);
    }
}
