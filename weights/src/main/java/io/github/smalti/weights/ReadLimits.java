package io.github.smalti.weights;

/// How much a file may ask of its reader; a file beyond one of these is refused before memory is spent on it.
///
/// Every length and count in a file is compared with the bytes that are there as well: the limits bound what an honest
/// header can still cost. Raise one for an unusual file, lower them where files come from strangers:
///
/// ```java
/// Checkpoints.open(path, ReadLimits.DEFAULT.withTensors(1_000_000).withHeaderBytes(200_000_000));
/// ```
///
/// Immutable; [#DEFAULT] admits every published checkpoint of the supported families.
///
/// @param headerBytes   bytes of a safetensors header, or of the index of a sharded one; at most 2 GiB
/// @param tensors       tensors of a checkpoint
/// @param nameBytes     bytes of a tensor's name or of one of its levels
/// @param rank          axes of a tensor
/// @param depth         nesting of msgpack maps and of objects in a pickle
/// @param pickleBytes   bytes of a pickle
/// @param pickleOpcodes opcodes of a pickle
/// @param pickleStack   values on a pickle's stack, its marks, memo entries and pairs given to calls
/// @param pickleValues  values that a pickle builds: 30 for each of 100,000 tensors
/// @param pickleText    bytes of all texts of a pickle together
/// @param pickleGlobals classes and functions that a pickle names
/// @param entries       entries of a zip or tar archive
/// @param inflatedBytes bytes that the compressed entries of an archive take together when inflated
/// @param inflateRatio  inflated bytes for each compressed one, beyond the first 10 MiB
/// @param shards        files of a sharded checkpoint
/// @param configBytes   bytes of a JSON or YAML configuration
/// @param configDepth   nesting of a configuration
public record ReadLimits(long headerBytes, int tensors, int nameBytes, int rank, int depth, long pickleBytes,
        int pickleOpcodes, int pickleStack, int pickleValues, long pickleText, int pickleGlobals, int entries,
        long inflatedBytes, int inflateRatio, int shards, int configBytes, int configDepth) {
    /// Readers of trees recurse; so deep they still fit on a thread's stack.
    private static final int MOST_DEPTH = 1000;
    private static final long MOST_HEADER = Integer.MAX_VALUE - 8;

    /// What readers use when no other limits are given.
    public static final ReadLimits DEFAULT = new ReadLimits(100_000_000, 100_000, 1024, 16, 64, 256L << 20,
            10_000_000, 1_000_000, 3_000_000, 64L << 20, 10_000, 100_000, 64L << 30, 100, 1_000, 1 << 20, 32);

    /// Checks the limits.
    ///
    /// @throws IllegalArgumentException if a limit is not positive, or a header could not lie in an array
    public ReadLimits {
        positive("headerBytes", headerBytes);
        positive("tensors", tensors);
        positive("nameBytes", nameBytes);
        positive("rank", rank);
        positive("depth", depth);
        positive("pickleBytes", pickleBytes);
        positive("pickleOpcodes", pickleOpcodes);
        positive("pickleStack", pickleStack);
        positive("pickleValues", pickleValues);
        positive("pickleText", pickleText);
        positive("pickleGlobals", pickleGlobals);
        positive("entries", entries);
        positive("inflatedBytes", inflatedBytes);
        positive("inflateRatio", inflateRatio);
        positive("shards", shards);
        positive("configBytes", configBytes);
        positive("configDepth", configDepth);
        if (depth > MOST_DEPTH || configDepth > MOST_DEPTH) {
            throw new IllegalArgumentException("depth: expected at most " + MOST_DEPTH + ", found "
                    + Math.max(depth, configDepth));
        }
        if (headerBytes > MOST_HEADER) {
            throw new IllegalArgumentException(
                    "headerBytes: expected at most " + MOST_HEADER + ", found " + headerBytes);
        }
    }

    private static void positive(String name, long value) {
        if (value < 1) throw new IllegalArgumentException(name + ": expected 1 or more, found " + value);
    }

    /// The same limits with another number of bytes of a safetensors header, or of the index of a sharded one.
    ///
    /// @param value the limit, 1 or more
    /// @return new limits
    public ReadLimits withHeaderBytes(long value) {
        return new ReadLimits(value, tensors, nameBytes, rank, depth, pickleBytes, pickleOpcodes, pickleStack,
                pickleValues, pickleText, pickleGlobals, entries, inflatedBytes, inflateRatio, shards,
                configBytes, configDepth);
    }

    /// The same limits with another number of tensors of a checkpoint.
    ///
    /// @param value the limit, 1 or more
    /// @return new limits
    public ReadLimits withTensors(int value) {
        return new ReadLimits(headerBytes, value, nameBytes, rank, depth, pickleBytes, pickleOpcodes,
                pickleStack, pickleValues, pickleText, pickleGlobals, entries, inflatedBytes, inflateRatio,
                shards, configBytes, configDepth);
    }

    /// The same limits with another number of bytes of a tensor's name or of one of its levels.
    ///
    /// @param value the limit, 1 or more
    /// @return new limits
    public ReadLimits withNameBytes(int value) {
        return new ReadLimits(headerBytes, tensors, value, rank, depth, pickleBytes, pickleOpcodes,
                pickleStack, pickleValues, pickleText, pickleGlobals, entries, inflatedBytes, inflateRatio,
                shards, configBytes, configDepth);
    }

    /// The same limits with another number of axes of a tensor.
    ///
    /// @param value the limit, 1 or more
    /// @return new limits
    public ReadLimits withRank(int value) {
        return new ReadLimits(headerBytes, tensors, nameBytes, value, depth, pickleBytes, pickleOpcodes,
                pickleStack, pickleValues, pickleText, pickleGlobals, entries, inflatedBytes, inflateRatio,
                shards, configBytes, configDepth);
    }

    /// The same limits with another number of nesting of msgpack maps and of objects in a pickle.
    ///
    /// @param value the limit, 1 or more
    /// @return new limits
    public ReadLimits withDepth(int value) {
        return new ReadLimits(headerBytes, tensors, nameBytes, rank, value, pickleBytes, pickleOpcodes,
                pickleStack, pickleValues, pickleText, pickleGlobals, entries, inflatedBytes, inflateRatio,
                shards, configBytes, configDepth);
    }

    /// The same limits with another number of bytes of a pickle.
    ///
    /// @param value the limit, 1 or more
    /// @return new limits
    public ReadLimits withPickleBytes(long value) {
        return new ReadLimits(headerBytes, tensors, nameBytes, rank, depth, value, pickleOpcodes, pickleStack,
                pickleValues, pickleText, pickleGlobals, entries, inflatedBytes, inflateRatio, shards,
                configBytes, configDepth);
    }

    /// The same limits with another number of opcodes of a pickle.
    ///
    /// @param value the limit, 1 or more
    /// @return new limits
    public ReadLimits withPickleOpcodes(int value) {
        return new ReadLimits(headerBytes, tensors, nameBytes, rank, depth, pickleBytes, value, pickleStack,
                pickleValues, pickleText, pickleGlobals, entries, inflatedBytes, inflateRatio, shards,
                configBytes, configDepth);
    }

    /// The same limits with another number of values on a pickle's stack, its marks, memo entries and pairs given to calls.
    ///
    /// @param value the limit, 1 or more
    /// @return new limits
    public ReadLimits withPickleStack(int value) {
        return new ReadLimits(headerBytes, tensors, nameBytes, rank, depth, pickleBytes, pickleOpcodes, value,
                pickleValues, pickleText, pickleGlobals, entries, inflatedBytes, inflateRatio, shards,
                configBytes, configDepth);
    }

    /// The same limits with another number of values that a pickle builds.
    ///
    /// @param value the limit, 1 or more
    /// @return new limits
    public ReadLimits withPickleValues(int value) {
        return new ReadLimits(headerBytes, tensors, nameBytes, rank, depth, pickleBytes, pickleOpcodes,
                pickleStack, value, pickleText, pickleGlobals, entries, inflatedBytes, inflateRatio, shards,
                configBytes, configDepth);
    }

    /// The same limits with another number of bytes of all texts of a pickle together.
    ///
    /// @param value the limit, 1 or more
    /// @return new limits
    public ReadLimits withPickleText(long value) {
        return new ReadLimits(headerBytes, tensors, nameBytes, rank, depth, pickleBytes, pickleOpcodes,
                pickleStack, pickleValues, value, pickleGlobals, entries, inflatedBytes, inflateRatio, shards,
                configBytes, configDepth);
    }

    /// The same limits with another number of classes and functions that a pickle names.
    ///
    /// @param value the limit, 1 or more
    /// @return new limits
    public ReadLimits withPickleGlobals(int value) {
        return new ReadLimits(headerBytes, tensors, nameBytes, rank, depth, pickleBytes, pickleOpcodes,
                pickleStack, pickleValues, pickleText, value, entries, inflatedBytes, inflateRatio, shards,
                configBytes, configDepth);
    }

    /// The same limits with another number of entries of a zip or tar archive.
    ///
    /// @param value the limit, 1 or more
    /// @return new limits
    public ReadLimits withEntries(int value) {
        return new ReadLimits(headerBytes, tensors, nameBytes, rank, depth, pickleBytes, pickleOpcodes,
                pickleStack, pickleValues, pickleText, pickleGlobals, value, inflatedBytes, inflateRatio,
                shards, configBytes, configDepth);
    }

    /// The same limits with another number of bytes that the compressed entries of an archive take together when inflated.
    ///
    /// @param value the limit, 1 or more
    /// @return new limits
    public ReadLimits withInflatedBytes(long value) {
        return new ReadLimits(headerBytes, tensors, nameBytes, rank, depth, pickleBytes, pickleOpcodes,
                pickleStack, pickleValues, pickleText, pickleGlobals, entries, value, inflateRatio, shards,
                configBytes, configDepth);
    }

    /// The same limits with another number of inflated bytes for each compressed one, beyond the first 10 MiB.
    ///
    /// @param value the limit, 1 or more
    /// @return new limits
    public ReadLimits withInflateRatio(int value) {
        return new ReadLimits(headerBytes, tensors, nameBytes, rank, depth, pickleBytes, pickleOpcodes,
                pickleStack, pickleValues, pickleText, pickleGlobals, entries, inflatedBytes, value, shards,
                configBytes, configDepth);
    }

    /// The same limits with another number of files of a sharded checkpoint.
    ///
    /// @param value the limit, 1 or more
    /// @return new limits
    public ReadLimits withShards(int value) {
        return new ReadLimits(headerBytes, tensors, nameBytes, rank, depth, pickleBytes, pickleOpcodes,
                pickleStack, pickleValues, pickleText, pickleGlobals, entries, inflatedBytes, inflateRatio,
                value, configBytes, configDepth);
    }

    /// The same limits with another number of bytes of a JSON or YAML configuration.
    ///
    /// @param value the limit, 1 or more
    /// @return new limits
    public ReadLimits withConfigBytes(int value) {
        return new ReadLimits(headerBytes, tensors, nameBytes, rank, depth, pickleBytes, pickleOpcodes,
                pickleStack, pickleValues, pickleText, pickleGlobals, entries, inflatedBytes, inflateRatio,
                shards, value, configDepth);
    }

    /// The same limits with another number of nesting of a configuration.
    ///
    /// @param value the limit, 1 or more
    /// @return new limits
    public ReadLimits withConfigDepth(int value) {
        return new ReadLimits(headerBytes, tensors, nameBytes, rank, depth, pickleBytes, pickleOpcodes,
                pickleStack, pickleValues, pickleText, pickleGlobals, entries, inflatedBytes, inflateRatio,
                shards, configBytes, value);
    }

}
