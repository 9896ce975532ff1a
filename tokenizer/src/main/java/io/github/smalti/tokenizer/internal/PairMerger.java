package io.github.smalti.tokenizer.internal;

import java.util.Arrays;

/// Merges the symbols of one word: the pair of lowest rank first, among equals the leftmost.
///
/// A short word is searched anew for every merge. A long word is a linked list with a heap of its pairs, so n symbols
/// take n log n steps.
final class PairMerger {
    /// Up to here the quadratic search is faster than the heap.
    private static final int SHORT_WORD = 32;

    private final MergeTable merges;

    PairMerger(MergeTable merges) { this.merges = merges; }

    /// Merges in place.
    ///
    /// @param symbols the symbols; overwritten
    /// @param count   how many there are
    /// @return how many are left, at the start of the array
    int merge(int[] symbols, int count) {
        return count <= SHORT_WORD ? mergeShort(symbols, count) : new LongWord(symbols, count).merge();
    }

    private int mergeShort(int[] symbols, int count) {
        while (count > 1) {
            int best = -1;
            int at = -1;
            for (int i = 0; i + 1 < count; i++) {
                int slot = merges.find(symbols[i], symbols[i + 1]);
                if (slot >= 0 && (best < 0 || merges.rank(slot) < merges.rank(best))) {
                    best = slot;
                    at = i;
                }
            }
            if (best < 0) return count;
            symbols[at] = merges.result(best);
            System.arraycopy(symbols, at + 2, symbols, at + 1, count - at - 2);
            count--;
        }
        return count;
    }

    /// The linked list: a merge keeps the left place and unlinks the right one.
    private final class LongWord {
        private static final int GONE = -1;

        private final int[] symbols;
        private final int[] next;
        private final int[] previous;
        private final int count;
        /// Binary heap of `rank << 32 | place of the left symbol`; entries may be stale.
        private long[] heap;
        private int heapSize;

        LongWord(int[] symbols, int count) {
            this.symbols = symbols;
            this.count = count;
            next = new int[count];
            previous = new int[count];
            heap = new long[count];
        }

        int merge() {
            for (int i = 0; i < count; i++) {
                next[i] = i + 1;
                previous[i] = i - 1;
            }
            for (int i = 0; i + 1 < count; i++) offer(i);
            while (heapSize > 0) {
                long entry = poll();
                int left = (int) entry;
                int slot = mergeAt(left);
                boolean stale = slot < 0 || merges.rank(slot) != (int) (entry >>> 32);
                if (!stale) join(left, merges.result(slot));
            }
            int left = 0;
            for (int i = 0; i < count; i = next[i]) symbols[left++] = symbols[i];
            return left;
        }

        private int mergeAt(int left) {
            if (symbols[left] == GONE || next[left] >= count) return -1;
            return merges.find(symbols[left], symbols[next[left]]);
        }

        private void join(int left, int result) {
            int right = next[left];
            symbols[left] = result;
            symbols[right] = GONE;
            next[left] = next[right];
            if (next[left] < count) previous[next[left]] = left;
            offer(left);
            if (previous[left] >= 0) offer(previous[left]);
        }

        private void offer(int left) {
            int slot = mergeAt(left);
            if (slot < 0) return;
            if (heapSize == heap.length) heap = Arrays.copyOf(heap, heapSize + (heapSize >> 1));
            long entry = (long) merges.rank(slot) << 32 | left;
            int i = heapSize++;
            while (i > 0 && heap[i - 1 >> 1] > entry) {
                heap[i] = heap[i - 1 >> 1];
                i = i - 1 >> 1;
            }
            heap[i] = entry;
        }

        private long poll() {
            long top = heap[0];
            long last = heap[--heapSize];
            int i = 0;
            while (2 * i + 1 < heapSize) {
                int child = 2 * i + 1;
                if (child + 1 < heapSize && heap[child + 1] < heap[child]) child++;
                if (heap[child] >= last) break;
                heap[i] = heap[child];
                i = child;
            }
            heap[i] = last;
            return top;
        }
    }
}
