package io.github.smalti.core;

/// An argument whose size does not fit the model or layer it was given to.
public final class ShapeMismatchException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /// Creates the exception.
    ///
    /// @param what     the argument
    /// @param expected its expected size
    /// @param found    its size
    public ShapeMismatchException(String what, long expected, long found) {
        super(what + ": expected " + expected + " values, found " + found);
    }

    /// Throws unless an array is large enough.
    ///
    /// @param what     the argument's name
    /// @param expected values needed
    /// @param array    the argument
    public static void requireAtLeast(String what, long expected, float[] array) {
        if (array.length < expected) throw new ShapeMismatchException(what, expected, array.length);
    }
}
