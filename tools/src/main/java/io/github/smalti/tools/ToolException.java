package io.github.smalti.tools;

/// What a command cannot do. The message is one sentence with the way out.
final class ToolException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ToolException(String message) { super(message); }

    ToolException(String message, Throwable cause) { super(message, cause); }
}
