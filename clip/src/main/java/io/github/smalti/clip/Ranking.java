package io.github.smalti.clip;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// Orders candidates by score, best first; equal scores keep their order and NaN comes last.
public final class Ranking {
    private Ranking() {}

    /// The order of scores.
    ///
    /// @param scores one score per candidate
    /// @return indices of the candidates, best first
    public static int[] order(float[] scores) {
        Comparator<Integer> worstToBest = Comparator.comparing(i -> comparable(scores[i]));
        return IntStream.range(0, scores.length).boxed().sorted(worstToBest.reversed()).mapToInt(i -> i).toArray();
    }

    /// The best candidates.
    ///
    /// @param candidates all candidates
    /// @param scores     one score per candidate
    /// @param count      how many to keep
    /// @param <T>        type of a candidate
    /// @return at most `count` candidates, best first
    /// @throws IllegalArgumentException if there are more or fewer scores than candidates, or the count is negative
    public static <T> List<T> best(List<T> candidates, float[] scores, int count) {
        if (candidates.size() != scores.length || count < 0) {
            throw new IllegalArgumentException("expected one score for each of " + candidates.size()
                    + " candidates and a count of 0 or more, found " + scores.length + " scores and count " + count);
        }
        return IntStream.of(order(scores)).limit(count).<T>mapToObj(candidates::get).toList();
    }

    /// Below all numbers if NaN; -0 equals 0.
    private static float comparable(float score) { return Float.isNaN(score) ? Float.NEGATIVE_INFINITY : score + 0f; }
}
