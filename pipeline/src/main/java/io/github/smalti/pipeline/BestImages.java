package io.github.smalti.pipeline;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/// The best images so far, and no others: what is worse is forgotten at once, so memory does not grow with candidates.
///
/// Of equal images the one that was offered first stays ahead.
final class BestImages {
    private final int keep;
    private final Comparator<RankedImage> order;
    private final List<RankedImage> best = new ArrayList<>();

    /// Starts with none.
    ///
    /// @param keep  how many are kept, at least 1
    /// @param order the better image first
    BestImages(int keep, Comparator<RankedImage> order) {
        this.keep = keep;
        this.order = order;
    }

    /// Keeps an image if it is better than the worst, or if there is room.
    void offer(RankedImage image) {
        int at = best.size();
        while (at > 0 && order.compare(image, best.get(at - 1)) < 0) at--;
        if (at == keep) return;
        best.add(at, image);
        if (best.size() > keep) best.removeLast();
    }

    /// The images with their ranks, best first.
    List<RankedImage> ranked() {
        List<RankedImage> ranked = new ArrayList<>(best.size());
        for (RankedImage image : best) ranked.add(image.withRank(ranked.size() + 1));
        return List.copyOf(ranked);
    }
}
