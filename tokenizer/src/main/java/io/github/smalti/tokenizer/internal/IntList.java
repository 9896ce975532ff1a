package io.github.smalti.tokenizer.internal;

import java.util.Arrays;

/// A growing list of ids, without boxing. Not thread-safe.
public final class IntList {
    private int[] values = new int[64];
    private int size;

    /// Appends one id.
    public void add(int value) {
        if (size == values.length) values = Arrays.copyOf(values, Math.addExact(size, size >> 1));
        values[size++] = value;
    }

    /// Number of ids.
    public int size() { return size; }

    /// A copy of the ids.
    public int[] toArray() { return Arrays.copyOf(values, size); }
}
