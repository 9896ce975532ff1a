package io.github.smalti.core.kernel;

import java.util.Arrays;

/// Pieces of cached pasts that are attended to one after the other, as if they lay side by side.
///
/// A reusable list, so that nothing is allocated for a token. All pieces have the same number of heads and the same
/// `headDim`. Not thread-safe.
public final class CachedSegments {
    private CachedHeads[] heads = new CachedHeads[4];
    private int[] firsts = new int[4];
    private int[] counts = new int[4];
    private int size;
    private int positions;

    /// An empty list.
    public CachedSegments() {}

    /// Floats that [Kernels#attendSegments] needs as scratch.
    ///
    /// @param positions the most positions that a query attends to
    /// @return [Kernels#SCORE_ROWS] rows of scores
    public static int scratch(int positions) { return Math.multiplyExact(Kernels.SCORE_ROWS, stride(positions)); }

    /// From one row of scores to the next: a block more than the scores, since whole vectors are written from anywhere.
    static int stride(int positions) { return CachedHeads.roundUpToBlock(positions) + CachedHeads.BLOCK; }

    /// Removes all pieces.
    public void clear() {
        size = 0;
        positions = 0;
    }

    /// Adds a piece at the end; one that goes on where the last one ends makes that longer.
    ///
    /// @param past  what it is a piece of
    /// @param first its first position
    /// @param count its positions; 0 adds nothing
    public void add(CachedHeads past, int first, int count) {
        if (count == 0) return;
        positions += count;
        if (size > 0 && heads[size - 1] == past && firsts[size - 1] + counts[size - 1] == first) {
            counts[size - 1] += count;
            return;
        }
        if (size == heads.length) {
            heads = Arrays.copyOf(heads, 2 * size);
            firsts = Arrays.copyOf(firsts, 2 * size);
            counts = Arrays.copyOf(counts, 2 * size);
        }
        heads[size] = past;
        firsts[size] = first;
        counts[size++] = count;
    }

    /// Number of pieces.
    ///
    /// @return 0 or more
    public int size() { return size; }

    /// Positions of all pieces.
    ///
    /// @return their number
    public int positions() { return positions; }

    /// What a piece belongs to.
    ///
    /// @param piece which one
    /// @return the keys and values
    public CachedHeads heads(int piece) { return heads[piece]; }

    /// First position of a piece.
    ///
    /// @param piece which one
    /// @return a position of its past
    public int first(int piece) { return firsts[piece]; }

    /// Positions of a piece.
    ///
    /// @param piece which one
    /// @return at least 1
    public int count(int piece) { return counts[piece]; }
}
