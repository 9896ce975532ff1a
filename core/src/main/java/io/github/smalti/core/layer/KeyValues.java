package io.github.smalti.core.layer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.PackedMatrix;
import java.util.Objects;

/// Keys and values of one attention layer for one or more streams (rows of a batch), and attention over them.
///
/// | | layout |
/// |---|---|
/// | keys | `[streams][heads][ceil(capacity / 16)][headDim][16]`, position within the panel last |
/// | values | `[streams][heads][capacity][headDim rounded up to 16]` |
///
/// Both products of attention then have their outputs along the lanes of a vector. Belongs to one session; not
/// thread-safe, though [#attend] itself uses the team.
public final class KeyValues {
    private static final int PANEL = PackedMatrix.PANEL;

    private final int streams;
    private final int heads;
    private final int headDim;
    private final int capacity;
    private final int valueStride;
    private final int keysPerHead;
    private final int valuesPerHead;
    private final float[] keys;
    private final float[] values;
    private float[][] scores = new float[0][];

    /// Allocates room.
    ///
    /// @param streams  rows of the batch
    /// @param heads    attention heads
    /// @param headDim  length of a head's key
    /// @param capacity positions
    public KeyValues(int streams, int heads, int headDim, int capacity) {
        this.streams = streams;
        this.heads = heads;
        this.headDim = headDim;
        this.capacity = capacity;
        this.valueStride = roundUp(headDim);
        this.keysPerHead = roundUp(capacity) * headDim;
        this.valuesPerHead = capacity * valueStride;
        this.keys = new float[Math.multiplyExact(streams * heads, keysPerHead)];
        this.values = new float[Math.multiplyExact(streams * heads, valuesPerHead)];
    }

    /// Bytes that an instance of these sizes takes.
    ///
    /// @param streams  rows of the batch
    /// @param heads    attention heads
    /// @param headDim  length of a head's key
    /// @param capacity positions
    /// @return the size in bytes
    public static long byteSize(int streams, int heads, int headDim, int capacity) {
        return 4L * streams * heads * ((long) roundUp(capacity) * headDim + (long) capacity * roundUp(headDim));
    }

    /// Positions that fit.
    public int capacity() { return capacity; }

    /// Stores the keys and values of all heads at one position.
    ///
    /// @param stream   which row of the batch
    /// @param position where
    /// @param k        keys of all heads side by side, heads · headDim floats
    /// @param kAt      their first float
    /// @param v        values of all heads side by side
    /// @param vAt      their first float
    public void put(int stream, int position, float[] k, int kAt, float[] v, int vAt) {
        Objects.checkIndex(stream, streams);
        Objects.checkIndex(position, capacity);
        for (int head = 0; head < heads; head++) {
            int slot = stream * heads + head;
            int keyAt = slot * keysPerHead + position / PANEL * headDim * PANEL + position % PANEL;
            for (int d = 0; d < headDim; d++) keys[keyAt + d * PANEL] = k[kAt + head * headDim + d];
            System.arraycopy(v, vAt + head * headDim, values, slot * valuesPerHead + position * valueStride, headDim);
        }
    }

    /// Attention of many queries, each over the first positions of one stream.
    ///
    /// @param compute     what to compute with
    /// @param q           queries; row i starts at `qAt + i * qRowStride`, heads side by side
    /// @param qAt         first float of row 0
    /// @param qRowStride  distance of rows
    /// @param streamOf    for each query its stream
    /// @param lengths     for each query the number of positions it attends to, at least 1
    /// @param queryCount  number of queries
    /// @param scale       factor of the scores, usually 1 / sqrt(headDim)
    /// @param out         results, (queryCount, heads · headDim)
    public void attend(Compute compute, float[] q, int qAt, int qRowStride, int[] streamOf, int[] lengths,
            int queryCount, float scale, float[] out) {
        ensureScores(compute.team().size());
        int tasks = queryCount * heads;
        compute.team().run((part, parts) -> {
            int end = (int) ((long) tasks * (part + 1) / parts);
            for (int task = (int) ((long) tasks * part / parts); task < end; task++) {
                int query = task / heads;
                int head = task % heads;
                int slot = streamOf[query] * heads + head;
                compute.kernels().attend(q, qAt + query * qRowStride + head * headDim, headDim, scale, keys,
                        slot * keysPerHead, values, slot * valuesPerHead, valueStride, lengths[query], scores[part],
                        out, task * headDim);
            }
        });
    }

    private void ensureScores(int parts) { if (scores.length < parts) scores = new float[parts][roundUp(capacity)]; }

    private static int roundUp(int n) { return (n + PANEL - 1) / PANEL * PANEL; }
}
