package io.github.smalti.weights.internal;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;

/// What an inert pickle may hold: plain data and records of names.
///
/// Containers may hold each other in cycles: never call `equals`, `hashCode` or `toString` on a value, only [#kind].
sealed interface PickleValue {
    /// A few words for messages; never walks into containers.
    default String kind() {
        return switch (this) {
            case None _ -> "None";
            case Flag f -> f.value ? "True" : "False";
            case Whole w -> "the number " + w.value;
            case Huge _ -> "a huge number";
            case Real r -> "the number " + r.value;
            case Text t -> "the text \"" + t.value.substring(0, Math.min(80, t.value.length())) + "\"";
            case Bytes _ -> "bytes";
            case GlobalName g -> "the name " + g.fullName;
            case Sequence s -> s.isList ? "a list" : "a tuple";
            case Dict _ -> "a dictionary";
            case InertObject o -> "an object of " + o.type;
            case Storage _ -> "a storage";
            case TensorRef _ -> "a tensor";
        };
    }

    /// Python's `None`.
    enum None implements PickleValue {
        NONE
    }

    record Flag(boolean value) implements PickleValue {}

    record Whole(long value) implements PickleValue {}

    /// An integer beyond 64 bits.
    record Huge(BigInteger value) implements PickleValue {}

    record Real(double value) implements PickleValue {}

    record Text(String value) implements PickleValue {}

    /// Bytes whose content nobody needs.
    record Bytes(long length) implements PickleValue {}

    /// A class or function of Python, by name only.
    ///
    /// @param fullName module and name, joined by a dot
    record GlobalName(String fullName) implements PickleValue {}

    /// A list, to which the pickle may append, or a tuple.
    record Sequence(List<PickleValue> values, boolean isList) implements PickleValue {}

    /// A dictionary in insertion order; entries whose key is no text are not kept.
    record Dict(Map<String, PickleValue> entries) implements PickleValue {}

    /// A stand-in for an object whose class is not looked up.
    final class InertObject implements PickleValue {
        private final String type;
        private PickleValue state = None.NONE;

        /// @param type full name of the class, for messages
        InertObject(String type) { this.type = type; }

        String type() { return type; }

        /// What BUILD gave it last, or None.
        PickleValue state() { return state; }

        void setState(PickleValue newState) { state = newState; }
    }

    /// A persistent id `("storage", class, key, device, element count, view)`.
    ///
    /// @param type      the storage class, which names the element type
    /// @param key       name of the record that holds the bytes
    /// @param count     elements of the record
    /// @param viewBegin first element of a legacy view, else 0
    /// @param viewCount elements of a legacy view, else `count`
    record Storage(GlobalName type, String key, long count, long viewBegin, long viewCount) implements PickleValue {}

    /// Arguments of a tensor builder, unchecked until the tensor's name is known.
    ///
    /// @param storage expected to be a [Storage]
    /// @param offset  expected to be a number: first element
    /// @param size    expected to be a tuple of numbers
    /// @param stride  expected to be a tuple of numbers
    /// @param dtype   the element type's name for untyped storages, else None
    record TensorRef(PickleValue storage, PickleValue offset, PickleValue size, PickleValue stride, PickleValue dtype)
            implements
                PickleValue {}
}
