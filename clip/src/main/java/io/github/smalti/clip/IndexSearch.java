package io.github.smalti.clip;

import io.github.smalti.core.Compute;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import java.util.List;

/// One exact search, in two passes of the team.
///
/// The first multiplies all vectors with the query in float32, by the kernel of every linear layer: memory is read once, in
/// order. A sum of n fused multiply-adds is off by at most n · 2⁻²⁴ / (1 − n · 2⁻²⁴) times the sum of magnitudes, which
/// is at most the product of the lengths. So every item that may be among the best has a product of at least the last
/// best one's less twice that bound. The second pass computes the cosines of these few as [Embeddings#cosine] does. The
/// result is therefore that of comparing all cosines one by one, bit by bit, whatever kernels and threads there are.
final class IndexSearch {
    /// Parts a thread: memory seldom serves all threads alike.
    private static final int PARTS = 8;
    /// Half the distance of neighbouring floats below 1.
    private static final double ROUNDING = 0x1p-24;

    private final Compute compute;
    private final List<VectorBlock> blocks;
    private final int count;
    private final float[] query;
    private final int top;
    private final VectorBlock[] copies;
    private final int groups;
    private final float[] products;

    /// Prepares a search.
    ///
    /// @param compute what to compute with
    /// @param blocks  all vectors, in order
    /// @param count   how many vectors, at least 1
    /// @param query   a unit vector
    /// @param top     how many to find, 1 to count
    /// @param copies  for vectors in a mapped file room for [VectorBlock#GROUP] of them for each of [#parts]; else null
    IndexSearch(Compute compute, List<VectorBlock> blocks, int count, float[] query, int top, VectorBlock[] copies) {
        this.compute = compute;
        this.blocks = blocks;
        this.count = count;
        this.query = query;
        this.top = top;
        this.copies = copies;
        this.groups = (count - 1) / VectorBlock.GROUP + 1;
        this.products = new float[groups * VectorBlock.GROUP];
    }

    /// The most parts that a search is cut into.
    static int parts(Compute compute) { return PARTS * compute.team().size(); }

    /// Searches.
    ///
    /// @return the best items with their cosines, at most `top`
    TopItems run() {
        int parts = Math.min(parts(compute), groups);
        var best = new TopItems[parts];
        compute.team().run(parts, (part, of) -> best[part] = multiply(part, begin(part, of), begin(part + 1, of)));
        double limit = limit(merged(best).leastScore());
        compute.team().run(parts, (part, of) -> best[part] = best[part].bestScore() < limit
                ? new TopItems(1)
                : compare(begin(part, of), begin(part + 1, of), limit));
        return merged(best);
    }

    private int begin(int part, int parts) {
        return (int) Math.min(count, (long) groups * part / parts * VectorBlock.GROUP);
    }

    private TopItems merged(TopItems[] parts) {
        var all = new TopItems(top);
        for (TopItems part : parts) all.offerAll(part);
        return all;
    }

    private TopItems multiply(int part, int first, int end) {
        for (VectorBlock block : blocks) {
            int from = Math.max(first, block.first());
            int to = Math.min(end, block.end());
            if (from < to) multiply(block, part, from, to);
        }
        var best = new TopItems(Math.min(top, end - first));
        for (int item = first; item < end; item++) {
            if (products[item] > best.leastScore()) best.offer(products[item], item);
        }
        return best;
    }

    private void multiply(VectorBlock block, int part, int from, int to) {
        int firstPanel = (from - block.first()) / PackedMatrix.PANEL;
        int endPanel = (to - block.first() - 1) / PackedMatrix.PANEL + 1;
        if (copies == null) {
            multiply(block.matrix(), firstPanel, endPanel, block.first());
            return;
        }
        // Kernels read native memory alone: a second kind of memory would slow down their loads for all models.
        int step = VectorBlock.GROUP / PackedMatrix.PANEL;
        for (int panel = firstPanel; panel < endPanel; panel += step) {
            int panels = Math.min(step, endPanel - panel);
            copies[part].copyPanels(block, panel, panels);
            multiply(copies[part].matrix(), 0, panels, block.first() + panel * PackedMatrix.PANEL);
        }
    }

    private void multiply(PackedMatrix matrix, int firstPanel, int endPanel, int outAt) {
        compute.kernels().matmul(query, 0, query.length, 0, 1, matrix, null, firstPanel, endPanel, products, outAt,
                products.length);
    }

    /// The least product that an item among the best can have.
    private double limit(float least) {
        boolean isInt8 = blocks.getFirst().matrix().precision() == Precision.INT8;
        double terms = (query.length + 4) * ROUNDING; // int8: converting a step, and scaling it twice
        double longest = 1 + (isInt8 ? SemanticIndex.INT8_TOLERANCE : SemanticIndex.TOLERANCE);
        double error = terms / (1 - terms) * longest * (1 + SemanticIndex.TOLERANCE) + 2 * ROUNDING;
        double limit = Math.min(least, 1) - 2 * error; // cosines above 1 count as 1, those below -1 as -1
        return limit <= -1 ? Double.NEGATIVE_INFINITY : limit;
    }

    private TopItems compare(int first, int end, double limit) {
        var best = new TopItems(Math.min(top, end - first));
        float[] vector = new float[query.length];
        int block = 0;
        for (int item = first; item < end; item++) {
            if (products[item] < limit) continue;
            while (item >= blocks.get(block).end()) block++;
            blocks.get(block).get(item - blocks.get(block).first(), vector);
            best.offer(Embeddings.cosine(query, vector), item);
        }
        return best;
    }
}
