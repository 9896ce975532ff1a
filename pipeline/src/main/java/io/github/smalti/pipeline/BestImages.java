package io.github.smalti.pipeline;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/// The best pictures so far: no more than are kept, however many are drawn. Of equal ones the one asked for first is the
/// better. Not thread-safe.
final class BestImages {
    private static final Comparator<Candidate> BEST_FIRST = Comparator.comparingDouble(Candidate::merit).reversed()
            .thenComparingInt(Candidate::place);

    private final int keep;
    private final PriorityQueue<Candidate> worstFirst = new PriorityQueue<>(BEST_FIRST.reversed());
    private int seen;

    private record Candidate(RankedImage image, double merit, int place) {}

    /// Keeps some.
    ///
    /// @param keep how many, at least 1
    BestImages(int keep) { this.keep = keep; }

    /// Takes a picture, and drops the worst if there are too many.
    ///
    /// @param image the picture
    /// @param merit how good it is, no NaN; the same for all if the order stays
    void add(RankedImage image, double merit) {
        worstFirst.add(new Candidate(image, merit, seen++));
        if (worstFirst.size() > keep) worstFirst.poll();
    }

    /// The pictures that are kept, best first, with their ranks.
    List<RankedImage> ranked() {
        List<RankedImage> images = new ArrayList<>(worstFirst.size());
        for (Candidate candidate : worstFirst.stream().sorted(BEST_FIRST).toList()) {
            images.add(candidate.image.withRank(images.size() + 1));
        }
        return images;
    }
}
