package io.github.smalti.core.layer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.kernel.CachedHeads;
import io.github.smalti.core.kernel.Kernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/// Keys and values of one attention layer for one or more streams (rows of a batch), and attention over them.
///
/// A stream's heads lie four by four as [CachedHeads] says, in float32 or, rounded, in bfloat16: half the bytes that a drawing's
/// own past adds to what a token reads.
///
/// They lie in native memory, which is read twice as fast as a large Java array and leaves the heap small; it belongs to
/// the arena given. Belongs to one session; not thread-safe, though it uses the team itself.
public final class KeyValues {
    static final long ALIGNMENT = 64;
    /// Below this many rows, storing keys and values takes less time than a parallel region.
    private static final int MANY_ROWS = 8;
    /// Queries that one part takes of a row of queries over the same positions.
    private static final int QUERIES_AT_ONCE = 16;
    /// Parts for each thread, so that none waits long for the last one.
    private static final int PARTS_PER_THREAD = 4;

    private final Precision precision;
    private final int streams;
    private final int heads;
    private final int headDim;
    private final int capacity;
    /// Groups of heads of a stream.
    private final int groupsOfHeads;
    private final CachedHeads[] slots;
    private float[][] scores = new float[0][];
    private int[] groups = new int[0];

    /// Allocates room.
    ///
    /// @param arena     owner of the memory; usable from all threads
    /// @param precision how keys and values are stored, F32 or BF16
    /// @param streams  rows of the batch
    /// @param heads    attention heads
    /// @param headDim  length of a head's key
    /// @param capacity positions
    public KeyValues(Arena arena, Precision precision, int streams, int heads, int headDim, int capacity) {
        if (precision != Precision.F32 && precision != Precision.BF16) {
            throw new IllegalArgumentException("keys and values: expected F32 or BF16, found " + precision);
        }
        this.precision = precision;
        this.streams = streams;
        this.heads = heads;
        this.headDim = headDim;
        this.capacity = capacity;
        this.groupsOfHeads = CachedHeads.groups(heads);
        MemorySegment data = arena.allocate(byteSize(precision, streams, heads, headDim, capacity), ALIGNMENT);
        this.slots = CachedHeads.split(precision, data, 0, streams, heads, headDim, capacity);
    }

    /// Bytes that an instance of these sizes takes.
    ///
    /// @param precision how keys and values are stored
    /// @param streams  rows of the batch
    /// @param heads    attention heads
    /// @param headDim  length of a head's key
    /// @param capacity positions
    /// @return the size in bytes
    public static long byteSize(Precision precision, int streams, int heads, int headDim, int capacity) {
        return Math.multiplyExact((long) streams * heads, CachedHeads.byteSize(precision, 1, headDim, capacity));
    }

    /// Positions that fit.
    public int capacity() { return capacity; }

    /// Stores the keys and values of all heads for some rows.
    ///
    /// @param compute   what to compute with
    /// @param kv        rows of keys and values; the keys of row i start at `kAt + i * stride`, heads side by side, its
    ///                  values at `vAt + i * stride`
    /// @param kAt       first key of row 0
    /// @param vAt       first value of row 0
    /// @param stride    distance of rows
    /// @param streamOf  for each row its stream
    /// @param positions for each row its position
    /// @param rows      number of rows
    public void put(Compute compute, float[] kv, int kAt, int vAt, int stride, int[] streamOf, int[] positions,
            int rows) {
        checkRows(streamOf, positions, rows);
        if (rows < MANY_ROWS) {
            for (int head = 0; head < heads; head++) putHead(head, kv, kAt, vAt, stride, streamOf, positions, rows);
        } else {
            compute.team().run(heads,
                    (head, _) -> putHead(head, kv, kAt, vAt, stride, streamOf, positions, rows));
        }
    }

    private void checkRows(int[] streamOf, int[] positions, int rows) {
        for (int row = 0; row < rows; row++) {
            Objects.checkIndex(streamOf[row], streams);
            Objects.checkIndex(positions[row], capacity);
        }
    }

    private void putHead(int head, float[] kv, int kAt, int vAt, int stride, int[] streamOf, int[] positions,
            int rows) {
        for (int row = 0; row < rows; row++) {
            int from = row * stride + head * headDim;
            CachedHeads slot = slots[streamOf[row] * groupsOfHeads + head / CachedHeads.MOST];
            slot.put(head % CachedHeads.MOST, positions[row], kv, kAt + from, vAt + from);
        }
    }

    /// [#put], then [#attend], of rows that hold queries, keys and values side by side.
    ///
    /// Where the streams rise from row to row, as in a step of several drawings, no row sees another one's keys: then
    /// whoever attends from a row stores its keys first, and finds them in its cache.
    ///
    /// @param compute   what to compute with
    /// @param qkv       (rows, 3 · heads · headDim)
    /// @param streamOf  for each row its stream
    /// @param positions for each row its position
    /// @param lengths   for each row the number of positions it attends to, at least 1
    /// @param rows      number of rows
    /// @param scale     factor of the scores, usually 1 / sqrt(headDim)
    /// @param out       results, (rows, heads · headDim)
    public void putAndAttend(Compute compute, float[] qkv, int[] streamOf, int[] positions, int[] lengths, int rows,
            float scale, float[] out) {
        int width = heads * headDim;
        int stride = 3 * width;
        if (!rises(streamOf, rows)) {
            put(compute, qkv, width, 2 * width, stride, streamOf, positions, rows);
            attend(compute, qkv, 0, stride, streamOf, lengths, rows, scale, out);
            return;
        }
        checkRows(streamOf, positions, rows);
        runTasks(compute, rows * groupsOfHeads, (task, room) -> {
            int row = task / groupsOfHeads;
            int group = task % groupsOfHeads;
            CachedHeads slot = slots[streamOf[row] * groupsOfHeads + group];
            int features = group * CachedHeads.MOST * headDim;
            int from = row * stride + features;
            for (int head = 0; head < slot.count(); head++) {
                int at = from + head * headDim;
                slot.put(head, positions[row], qkv, at + width, at + 2 * width);
            }
            compute.kernels().attend(qkv, from, stride, 1, scale, slot, lengths[row], 0, room, out,
                    row * width + features,
                    width);
        });
    }

    private static boolean rises(int[] streamOf, int rows) {
        for (int row = 1; row < rows; row++) { if (streamOf[row] <= streamOf[row - 1]) return false; }
        return true;
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
        int groupCount = group(streamOf, lengths, queryCount);
        runTasks(compute, groupCount * groupsOfHeads, (task, room) -> {
            int group = task / groupCount;
            int first = groups[task % groupCount];
            int queries = groups[task % groupCount + 1] - first;
            int growth = queries > 1 ? lengths[first + 1] - lengths[first] : 0;
            int features = group * CachedHeads.MOST * headDim;
            compute.kernels().attend(q, qAt + first * qRowStride + features, qRowStride, queries, scale,
                    slots[streamOf[first] * groupsOfHeads + group], lengths[first], growth, room, out,
                    first * heads * headDim + features, heads * headDim);
        });
    }

    /// Some heads of one or more queries.
    @FunctionalInterface
    private interface Task {
        /// Does it.
        ///
        /// @param number which one
        /// @param room   scratch for the scores
        void run(int number, float[] room);
    }

    private void runTasks(Compute compute, int tasks, Task task) {
        int parts = Math.min(tasks, PARTS_PER_THREAD * compute.team().size());
        ensureScores(parts);
        compute.team().run(parts, (part, _) -> {
            int end = (int) ((long) tasks * (part + 1) / parts);
            for (int i = (int) ((long) tasks * part / parts); i < end; i++) task.run(i, scores[part]);
        });
    }

    /// Cuts the queries into runs over the same positions, or each over one more; `groups` holds where each starts, and the
    /// end.
    private int group(int[] streamOf, int[] lengths, int queryCount) {
        if (groups.length <= queryCount) groups = new int[queryCount + 1];
        int count = 0;
        for (int i = 0; i < queryCount; i++) {
            if (i == 0 || !goesOn(groups[count - 1], i, streamOf, lengths)) groups[count++] = i;
        }
        groups[count] = queryCount;
        return count;
    }

    private static boolean goesOn(int start, int i, int[] streamOf, int[] lengths) {
        int growth = lengths[i] - lengths[i - 1];
        return i - start < QUERIES_AT_ONCE && streamOf[i] == streamOf[start] && (growth == 0 || growth == 1)
                && growth == lengths[start + 1] - lengths[start];
    }

    private void ensureScores(int parts) {
        if (scores.length < parts) scores = new float[parts][Kernels.SCORE_ROWS * CachedHeads.roundUpToBlock(capacity)];
    }
}
