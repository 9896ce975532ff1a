package io.github.smalti.core;

/// The system refused native memory. Nothing that was asked for stays allocated once its owner is closed.
public final class NativeMemoryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final long bytes;

    /// Creates the exception.
    ///
    /// @param bytes what was asked for
    /// @param cause what the system said
    public NativeMemoryException(long bytes, Throwable cause) {
        super("the system gave no " + bytes + " bytes of native memory: draw fewer images at once, load the model with "
                + "--precision int8, or end other programs", cause);
        this.bytes = bytes;
    }

    /// Bytes that were asked for.
    public long bytes() { return bytes; }
}
