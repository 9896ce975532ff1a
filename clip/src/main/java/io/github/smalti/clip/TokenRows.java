package io.github.smalti.clip;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.NativeMemory;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.KeyValues;
import java.lang.foreign.Arena;

/// The tokens of some sequences on their way through a [Transformer], one below the other: residual stream, keys and
/// values, and scratch.
///
/// | array | shape |
/// |---|---|
/// | x | (rows, width), the residual stream |
/// | normed | (rows, width) |
/// | queryKeyValue | (rows, 3 · width) |
/// | hidden | (rows, max(ffnDim, width)) |
///
/// All lengths may differ; a sequence sees only itself. Belongs to one call, which closes it.
final class TokenRows implements AutoCloseable {
    private final Transformer.Config config;
    private final int[] sequenceOf;
    private final int[] positionOf;
    private final int[] visible;
    private final int[] pooledRows;
    private final float[] x;
    private final float[] normed;
    private final float[] queryKeyValue;
    private final float[] hidden;
    private final Arena arena;
    private final KeyValues keyValues;
    private int rows;

    /// Allocates room.
    ///
    /// @param memory   where keys and values go
    /// @param config   sizes of the transformer
    /// @param lengths  tokens of each sequence, at least 1
    /// @param isCausal true for texts, whose tokens see only what came before and that are read at their last token;
    ///                 false for pictures, whose patches see each other and that are read at their first token
    TokenRows(NativeMemory memory, Transformer.Config config, int[] lengths, boolean isCausal) {
        this.config = config;
        int longest = 0;
        for (int length : lengths) {
            rows = Math.addExact(rows, length);
            longest = Math.max(longest, length);
        }
        sequenceOf = new int[rows];
        positionOf = new int[rows];
        visible = new int[rows];
        pooledRows = new int[lengths.length];
        int row = 0;
        for (int sequence = 0; sequence < lengths.length; sequence++) {
            pooledRows[sequence] = isCausal ? row + lengths[sequence] - 1 : row;
            for (int position = 0; position < lengths[sequence]; position++, row++) {
                sequenceOf[row] = sequence;
                positionOf[row] = position;
                visible[row] = isCausal ? position + 1 : lengths[sequence];
            }
        }
        x = new float[Math.multiplyExact(rows, config.width())];
        normed = new float[x.length];
        queryKeyValue = new float[Math.multiplyExact(x.length, 3)];
        hidden = new float[Math.multiplyExact(rows, Math.max(config.ffnDim(), config.width()))];
        arena = memory.open();
        boolean isReady = false;
        try {
            keyValues = new KeyValues(arena, Precision.F32, lengths.length, config.headCount(), config.headDim(),
                    longest);
            isReady = true;
        } finally {
            if (!isReady) arena.close();
        }
    }

    /// What an instance takes.
    ///
    /// @param config    sizes of the transformer
    /// @param sequences number of sequences
    /// @param length    tokens of each
    /// @return cache and scratch
    static MemoryPlan plan(Transformer.Config config, int sequences, int length) {
        if (sequences == 0) return MemoryPlan.NONE;
        long rowFloats = 5L * config.width() + Math.max(config.ffnDim(), config.width());
        return new MemoryPlan(0, 0,
                KeyValues.byteSize(Precision.F32, sequences, config.headCount(), config.headDim(), length),
                (rowFloats + 3) * Float.BYTES * sequences * length);
    }

    int rows() { return rows; }

    float[] x() { return x; }

    float[] normed() { return normed; }

    float[] queryKeyValue() { return queryKeyValue; }

    float[] hidden() { return hidden; }

    void storeKeysAndValues(Compute compute) {
        int width = config.width();
        keyValues.put(compute, queryKeyValue, width, 2 * width, 3 * width, sequenceOf, positionOf, rows);
    }

    /// Drops all tokens but the one of each sequence that is read; keys and values of all stay.
    void keepPooled() {
        int width = config.width();
        for (int sequence = 0; sequence < pooledRows.length; sequence++) {
            int row = pooledRows[sequence];
            System.arraycopy(x, row * width, x, sequence * width, width);
            System.arraycopy(queryKeyValue, row * 3 * width, queryKeyValue, sequence * 3 * width, width);
            sequenceOf[sequence] = sequence;
            visible[sequence] = visible[row];
        }
        rows = pooledRows.length;
    }

    /// Attention of every token to the visible tokens of its sequence.
    ///
    /// @param compute what to compute with
    /// @param out     (rows, width)
    void attend(Compute compute, float[] out) {
        float scale = (float) (1 / Math.sqrt(config.headDim()));
        keyValues.attend(compute, queryKeyValue, 0, 3 * config.width(), sequenceOf, visible, rows, scale, out);
    }

    /// Frees keys and values.
    @Override
    public void close() { arena.close(); }
}
