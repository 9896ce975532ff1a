package io.github.smalti.pipeline;

/// A model or a request that needs more memory than there is: refused before anything is allocated wherever its size is
/// known, else given up with everything freed. The model, if one was loaded, stays usable.
public final class NotEnoughMemoryException extends TextToImageException {
    private static final long serialVersionUID = 1L;

    private final long needed;
    private final long available;

    /// Creates the exception.
    ///
    /// @param message   what needs how much, how much there is and what to do
    /// @param needed    bytes that were needed
    /// @param available bytes that there were
    /// @param cause     the fault behind it, or null if the plan was refused
    public NotEnoughMemoryException(String message, long needed, long available, Throwable cause) {
        super(message, cause);
        this.needed = needed;
        this.available = available;
    }

    /// Bytes that were needed, as far as known; else 0.
    public long needed() { return needed; }

    /// Bytes that there were.
    public long available() { return available; }
}
