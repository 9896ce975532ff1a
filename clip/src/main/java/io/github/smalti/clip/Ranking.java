package io.github.smalti.clip;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// Orders candidates by score, best first; equal scores (-0 equals 0) keep their order and NaN comes last.
public final class Ranking {
    private Ranking() {}

    /// The order of scores.
    ///
    /// @param scores one score per candidate
    /// @return indices of the candidates, best first
    public static int[] order(float[] scores) {
        Comparator<Integer> numbersFirst = Comparator.comparing(i -> Float.isNaN(scores[i]));
        Comparator<Integer> bestFirst = numbersFirst.thenComparing(i -> scores[i] + 0f, Comparator.reverseOrder());
        return IntStream.range(0, scores.length).boxed().sorted(bestFirst).mapToInt(i -> i).toArray();
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
}
