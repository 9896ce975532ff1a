package io.github.smalti.clip;

import java.util.Arrays;

/// The best of all items that were offered, at most a given number: a heap with the worst of them on top.
///
/// A larger score is better; of equal scores (-0 equals 0) the smaller item. So the result does not depend on the order of
/// offers, of which there is one for an item. Scores are numbers. Used by one thread at a time.
final class TopItems {
    private final float[] scores;
    private final int[] items;
    private int size;

    /// Room for some items.
    ///
    /// @param most how many are kept, at least 1
    TopItems(int most) {
        scores = new float[most];
        items = new int[most];
    }

    int size() { return size; }

    /// The worst score that is kept, or negative infinity while there is room.
    float leastScore() { return size < scores.length ? Float.NEGATIVE_INFINITY : scores[0]; }

    /// The best score, or negative infinity of nothing.
    float bestScore() {
        float best = Float.NEGATIVE_INFINITY;
        for (int i = 0; i < size; i++) best = Math.max(best, scores[i]);
        return best;
    }

    /// Keeps an item if it is among the best so far.
    void offer(float score, int item) {
        if (size < scores.length) {
            int at = size++;
            for (; at > 0 && isBetter((at - 1) / 2, score, item); at = (at - 1) / 2) move((at - 1) / 2, at);
            put(at, score, item);
        } else if (!isBetter(0, score, item)) { sink(score, item, size); }
    }

    /// Offers all that another one keeps.
    void offerAll(TopItems other) { for (int i = 0; i < other.size; i++) offer(other.scores[i], other.items[i]); }

    /// Puts what is kept in order; nothing may be offered afterwards.
    ///
    /// @return the items, best first; their scores are those of [#score]
    int[] inOrder() {
        for (int end = size - 1; end > 0; end--) {
            float score = scores[end];
            int item = items[end];
            move(0, end);
            sink(score, item, end);
        }
        return Arrays.copyOf(items, size);
    }

    /// The score of a place after [#inOrder].
    float score(int place) { return scores[place]; }

    /// Whether what is kept at a place is better than an item.
    private boolean isBetter(int at, float score, int item) {
        return scores[at] > score || scores[at] == score && items[at] < item;
    }

    /// Puts an item on top in place of the one there, and lets better ones stay below.
    private void sink(float score, int item, int end) {
        int at = 0;
        for (int child = 1; child < end; child = 2 * at + 1) {
            if (child + 1 < end && isBetter(child, scores[child + 1], items[child + 1])) child++;
            if (isBetter(child, score, item)) break;
            move(child, at);
            at = child;
        }
        put(at, score, item);
    }

    private void move(int from, int to) { put(to, scores[from], items[from]); }

    private void put(int at, float score, int item) {
        scores[at] = score;
        items[at] = item;
    }
}
