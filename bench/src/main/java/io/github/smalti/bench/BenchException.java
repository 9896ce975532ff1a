package io.github.smalti.bench;

/// What a benchmark cannot do. The message is one sentence with the way out.
final class BenchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BenchException(String message) { super(message); }

    BenchException(String message, Throwable cause) { super(message, cause); }
}
