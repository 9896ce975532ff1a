package io.github.smalti.tokenizer.internal;

import java.util.Arrays;

/// The merges of a BPE vocabulary: a pair of ids to its rank and to the id of the joined token.
///
/// A hash table with open addressing over `long` keys, filled once and then only read, so it is thread-safe.
public final class MergeTable {
    private static final long FREE = -1;

    private final long[] pairs;
    private final int[] ranks;
    private final int[] results;
    private final int mask;

    /// Makes an empty table.
    ///
    /// @param count how many merges will be added at most
    public MergeTable(int count) {
        int capacity = Integer.highestOneBit(Math.max(8, count)) << 2;
        pairs = new long[capacity];
        Arrays.fill(pairs, FREE);
        ranks = new int[capacity];
        results = new int[capacity];
        mask = capacity - 1;
    }

    /// Adds a merge; false if the pair has one already.
    public boolean add(int left, int right, int rank, int result) {
        long pair = (long) left << 32 | right;
        int slot = slot(pair);
        if (pairs[slot] == pair) return false;
        pairs[slot] = pair;
        ranks[slot] = rank;
        results[slot] = result;
        return true;
    }

    /// The slot of a pair's merge, or -1 if the pair does not merge.
    public int find(int left, int right) {
        int slot = slot((long) left << 32 | right);
        return pairs[slot] == FREE ? -1 : slot;
    }

    /// The rank of the merge in a slot; lower merges first.
    public int rank(int slot) { return ranks[slot]; }

    /// The id that the merge in a slot makes.
    public int result(int slot) { return results[slot]; }

    private int slot(long pair) {
        long mixed = pair * 0x9E3779B97F4A7C15L;
        int slot = (int) (mixed >>> 32) & mask;
        while (pairs[slot] != FREE && pairs[slot] != pair) slot = slot + 1 & mask;
        return slot;
    }
}
