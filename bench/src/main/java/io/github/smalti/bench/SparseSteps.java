package io.github.smalti.bench;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.AttentionPattern;
import io.github.smalti.core.layer.KeyValues;
import io.github.smalti.core.layer.SparseKeyValues;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Drawings of which only the attention is computed, over caches that keep and read what the patterns need or all there is.
///
/// Owns its caches. Not thread-safe.
final class SparseSteps implements AutoCloseable {
    /// Different tokens; they repeat.
    private static final int TOKENS = 16;
    private static final int WINDOW = 8;
    private static final int CACHE_LINE = 64;

    private final Compute compute;
    private final SparseShape shape;
    private final int images;
    private final float scale;
    private final Arena arena = Arena.ofShared();
    private final List<SparseKeyValues> sparse = new ArrayList<>();
    private final List<KeyValues> dense = new ArrayList<>();
    private final MemorySegment weights;
    private final float[][] tokens = new float[TOKENS][];
    private final int[] imageOf;
    private final int[] textOf;
    private final float[] out;
    /// What was read of the weights, so that reading them is not in vain.
    private final long[] read;

    /// Allocates caches, with the text's tokens in them.
    SparseSteps(Compute compute, SparseShape shape, Precision precision, int images) {
        this.compute = compute;
        this.shape = shape;
        this.images = images;
        this.scale = (float) (1 / Math.sqrt(shape.headDim()));
        this.imageOf = new int[images];
        this.textOf = new int[images];
        this.out = new float[Math.max(images, shape.textLength()) * shape.width()];
        this.read = new long[compute.team().size() * CACHE_LINE];
        for (int i = 0; i < images; i++) imageOf[i] = i;
        for (int i = 0; i < TOKENS; i++) tokens[i] = RandomTensors.floats(images * 3 * shape.width(), i);
        weights = arena.allocate(shape.weightBytes(precision), CACHE_LINE);
        for (AttentionPattern pattern : shape.patterns()) {
            sparse.add(new SparseKeyValues(arena, precision, pattern, 1, shape.textLength(), images, shape.heads(),
                    shape.headDim()));
            dense.add(new KeyValues(arena, precision, images, shape.heads(), shape.headDim(), shape.capacity()));
        }
        for (int position = 0; position < shape.textLength(); position++) {
            for (SparseKeyValues layer : sparse) {
                layer.putAndAttendText(compute, tokens[position % TOKENS], textOf, new int[]{position}, 1, scale, out);
            }
            for (KeyValues layer : dense) putDenseText(layer, position);
        }
    }

    /// Neighbouring positions that stand for the beginning, the middle and the end of an image.
    static List<Window> windows(SparseShape shape) {
        int length = shape.imageLength();
        int width = Math.min(WINDOW, length);
        int middle = (length - width) / 2 + 1;
        return List.of(new Window(0, width - 1), new Window(middle, middle + width - 1),
                new Window(length - width, length - 1));
    }

    /// Draws an image with every step over sparse caches.
    ///
    /// @param isAfterWeights whether, before each timed layer, as many bytes are read as its weights have
    /// @return for each window the median of a step's seconds in attention
    double[] drawSparse(boolean isAfterWeights) {
        for (SparseKeyValues layer : sparse) layer.forgetImages();
        return draw(isAfterWeights, (layer, position, _) -> sparse.get(layer).putAndAttendImage(compute,
                tokens[position % TOKENS], imageOf, textOf, filled(position), images, scale, out));
    }

    /// Draws an image over dense caches; positions between the windows are stored only, which is all that later ones need.
    ///
    /// @param isAfterWeights whether, before each timed layer, as many bytes are read as its weights have
    /// @return for each window the median of a step's seconds in attention
    double[] drawDense(boolean isAfterWeights) {
        return draw(isAfterWeights, (layer, position, isTimed) -> {
            int at = shape.textLength() + position;
            if (isTimed) {
                dense.get(layer).putAndAttend(compute, tokens[position % TOKENS], imageOf, filled(at), filled(at + 1),
                        images, scale, out);
            } else {
                dense.get(layer).put(compute, tokens[position % TOKENS], shape.width(), 2 * shape.width(),
                        3 * shape.width(), imageOf, filled(at), images);
            }
        });
    }

    private int[] filled(int value) {
        int[] values = new int[images];
        Arrays.fill(values, value);
        return values;
    }

    /// Every image has the text for itself.
    private void putDenseText(KeyValues layer, int position) {
        for (int image : imageOf) {
            layer.put(compute, tokens[position % TOKENS], shape.width(), 2 * shape.width(), 3 * shape.width(),
                    new int[]{image}, new int[]{position}, 1);
        }
    }

    /// Attention of one layer at one position.
    @FunctionalInterface
    private interface Step { void attend(int layer, int position, boolean isTimed); }

    private double[] draw(boolean isAfterWeights, Step step) {
        List<Window> windows = windows(shape);
        Series[] series = new Series[windows.size()];
        Arrays.setAll(series, _ -> new Series());
        for (int position = 0; position < shape.imageLength(); position++) {
            int window = windows.size() - 1;
            while (window >= 0 && !windows.get(window).contains(position)) window--;
            long nanos = 0;
            for (int layer = 0; layer < shape.layers(); layer++) {
                if (isAfterWeights && window >= 0) readWeights();
                long start = System.nanoTime();
                step.attend(layer, position, window >= 0);
                nanos += System.nanoTime() - start;
            }
            if (window >= 0) series[window].add(nanos / 1e9);
        }
        double[] seconds = new double[series.length];
        for (int i = 0; i < seconds.length; i++) seconds[i] = series[i].median();
        return seconds;
    }

    /// Leaves the processors' caches as the products of a layer do.
    private void readWeights() {
        int parts = compute.team().size();
        long lines = weights.byteSize() / CACHE_LINE;
        compute.team().run(parts, (part, _) -> {
            long sum = 0;
            long end = lines * (part + 1) / parts;
            for (long line = lines * part / parts; line < end; line++) {
                sum += weights.get(ValueLayout.JAVA_LONG, line * CACHE_LINE);
            }
            read[part * CACHE_LINE] += sum;
        });
    }

    /// The results of the last position, (images, heads · headDim).
    float[] lastResults() { return Arrays.copyOf(out, images * shape.width()); }

    @Override
    public void close() { arena.close(); }
}
