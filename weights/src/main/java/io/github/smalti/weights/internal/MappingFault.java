package io.github.smalti.weights.internal;

import io.github.smalti.weights.WeightsException;
import java.util.function.Supplier;

/// Turns the error of a mapping that lost its bytes, since another process cut the file, into a sentence.
///
/// Bytes past the new end of a mapped file do not exist: the processor faults, and the JVM throws an `InternalError`
/// at that access, or in compiled code a little later. Deleting or replacing the file does no harm.
public final class MappingFault {
    private MappingFault() {}

    /// Reads mapped memory.
    ///
    /// @param file its file's name, for the message
    /// @param read what reads
    /// @param <T>  what that gives
    /// @return what that gave
    /// @throws WeightsException if the file was cut meanwhile
    public static <T> T guard(String file, Supplier<T> read) {
        try {
            return read.get();
        } catch (InternalError e) {
            throw explained(file, "", "", e);
        }
    }

    /// The exception for an error.
    ///
    /// @param file    the file's name
    /// @param tensor  the tensor's name, or ""
    /// @param subject who was changed, if not the file
    /// @param e       the error
    /// @return an exception to throw
    /// @throws InternalError the error itself if it is of another kind
    public static WeightsException explained(String file, String tensor, String subject, InternalError e) {
        if (e.getMessage() == null || !e.getMessage().contains("unsafe memory access")) throw e;
        return new WeightsException(file, tensor,
                subject + "was changed by another process while it was in use; load it again", e);
    }
}
