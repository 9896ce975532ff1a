package io.github.smalti.core.layer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.kernel.CachedHeads;
import io.github.smalti.core.kernel.CachedSegments;
import io.github.smalti.core.kernel.Kernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Keys and values of one attention layer of a decoder-only transformer over text and image, and attention over them.
///
/// | part | one for each | holds | attends to |
/// |---|---|---|---|
/// | text | distinct text, shared by all its images | `textLength` tokens | the text so far |
/// | image | image | what its [AttentionPattern] still needs | all text, then what the pattern lets it see |
///
/// A token reads the keys and values of those alone, however long the stream is, and one softmax runs over text and image
/// together (Ramesh et al. 2021, footnote 7). For a grid of g × g a row layer keeps g + 1 tokens of an image, a
/// convolutional one (k + 1) / 2 grid rows and, if it wraps, (k − 1) / 2 more, a column layer and full attention all.
///
/// Heads lie four by four as [CachedHeads] says, in float32 or, rounded, in bfloat16, in native memory that belongs to the
/// arena given. The bits of a result depend on the tokens before it alone: not on how they were cut into calls, on other
/// images, on threads or vector width. Belongs to one session; not thread-safe, though it uses the team itself.
public final class SparseKeyValues {
    /// Below this many rows, storing keys and values takes less time than a parallel region.
    private static final int MANY_ROWS = 8;
    /// Parts for each thread, so that none waits long for the last one.
    private static final int PARTS_PER_THREAD = 4;

    private final int heads;
    private final int headDim;
    private final int textLength;
    /// Groups of heads of a token.
    private final int groups;
    private final TokenStreams texts;
    private final TokenStreams images;
    private final int scratchFloats;
    private Scratch[] scratch = new Scratch[0];
    /// Where each tile of rows starts, and the end.
    private int[] tiles = new int[0];

    /// What one part of the work needs for itself.
    ///
    /// @param shared what all queries of a tile attend to
    /// @param own    for each query what it attends to besides
    /// @param scores scores
    private record Scratch(CachedSegments shared, CachedSegments[] own, float[] scores) {
        Scratch(int floats) {
            this(new CachedSegments(), new CachedSegments[Kernels.SCORE_ROWS], new float[floats]);
            for (int i = 0; i < own.length; i++) own[i] = new CachedSegments();
        }
    }

    /// Tokens of one call.
    ///
    /// @param qkv       queries, keys and values side by side
    /// @param streamOf  for each row its text or image
    /// @param textOf    for each row the text that it attends to besides, or null
    /// @param positions for each row its position
    /// @param count     rows
    /// @param scale     factor of the scores
    /// @param out       results
    private record Rows(float[] qkv, int[] streamOf, int[] textOf, int[] positions, int count, float scale,
            float[] out) {
        boolean isSameStream(int row, int other) { return streamOf[row] == streamOf[other]; }

        boolean isSameText(int row, int other) { return textOf != null && textOf[row] == textOf[other]; }

        boolean hasRuns() {
            for (int row = 1; row < count; row++) { if (isSameStream(row, row - 1)) return true; }
            return false;
        }
    }

    /// Allocates room.
    ///
    /// @param arena      owner of the memory; usable from all threads
    /// @param precision  how keys and values are stored, F32 or BF16
    /// @param pattern    what image tokens attend to in the image
    /// @param texts      distinct texts
    /// @param textLength tokens of a text
    /// @param images     images
    /// @param heads      attention heads
    /// @param headDim    length of a head's key
    public SparseKeyValues(Arena arena, Precision precision, AttentionPattern pattern, int texts, int textLength,
            int images, int heads, int headDim) {
        if (precision != Precision.F32 && precision != Precision.BF16) {
            throw new IllegalArgumentException("keys and values: expected F32 or BF16, found " + precision);
        }
        this.heads = heads;
        this.headDim = headDim;
        this.textLength = textLength;
        this.groups = CachedHeads.groups(heads);
        int imageSlots = new CacheSlots(pattern).count();
        MemorySegment data = arena.allocate(
                byteSize(precision, pattern, texts, textLength, images, heads, headDim), KeyValues.ALIGNMENT);
        long imagesAt = KeyValues.byteSize(precision, texts, heads, headDim, textLength);
        this.texts = new TokenStreams("text", new AttentionPattern.Full(textLength),
                CachedHeads.split(precision, data, 0, texts, heads, headDim, textLength), groups);
        this.images = new TokenStreams("image", pattern,
                CachedHeads.split(precision, data, imagesAt, images, heads, headDim, imageSlots), groups);
        this.scratchFloats = CachedSegments.scratch(Math.addExact(textLength, imageSlots));
    }

    /// Bytes that an instance of these sizes takes.
    ///
    /// @param precision  how keys and values are stored
    /// @param pattern    what image tokens attend to in the image
    /// @param texts      distinct texts
    /// @param textLength tokens of a text
    /// @param images     images
    /// @param heads      attention heads
    /// @param headDim    length of a head's key
    /// @return the size in bytes
    public static long byteSize(Precision precision, AttentionPattern pattern, int texts, int textLength, int images,
            int heads, int headDim) {
        return Math.addExact(KeyValues.byteSize(precision, texts, heads, headDim, textLength),
                KeyValues.byteSize(precision, images, heads, headDim, new CacheSlots(pattern).count()));
    }

    /// Forgets all texts and images, so that others can be fed from position 0.
    public void forget() {
        texts.forget();
        images.forget();
    }

    /// Forgets all images and keeps the texts, so that other images can be fed from position 0.
    public void forgetImages() { images.forget(); }

    /// Forgets the last token of every image, so that its position can be fed once more, by the same token or another.
    ///
    /// @throws IllegalStateException if an image has not been fed since this was done before; nothing is forgotten then
    public void forgetLastOfImages() { images.forgetLast(); }

    /// Stores keys and values of text tokens and lets each attend to the text up to itself.
    ///
    /// Each text is fed from position 0 in order, a whole one or a part of it in a call.
    ///
    /// @param compute   what to compute with
    /// @param qkv       queries, keys and values side by side, (rows, 3 · heads · headDim)
    /// @param textOf    for each row its text; rows of one text lie side by side
    /// @param positions for each row its position in the text
    /// @param rows      number of rows
    /// @param scale     factor of the scores, usually 1 / sqrt(headDim)
    /// @param out       results, (rows, heads · headDim)
    /// @throws IllegalArgumentException if a position is not the next one of its text; nothing is stored then
    public void putAndAttendText(Compute compute, float[] qkv, int[] textOf, int[] positions, int rows, float scale,
            float[] out) {
        texts.feed(textOf, positions, rows);
        attend(compute, texts, new Rows(qkv, textOf, null, positions, rows, scale, out));
    }

    /// Stores keys and values of image tokens and lets each attend to its whole text and to what the pattern lets it see of
    /// its image.
    ///
    /// Each image is fed from position 0 in order, one position or several in a call.
    ///
    /// @param compute   what to compute with
    /// @param qkv       queries, keys and values side by side, (rows, 3 · heads · headDim)
    /// @param imageOf   for each row its image; rows of one image lie side by side
    /// @param textOf    for each row the text of its image, which has been fed to its end
    /// @param positions for each row its position in the image, in raster order
    /// @param rows      number of rows
    /// @param scale     factor of the scores, usually 1 / sqrt(headDim)
    /// @param out       results, (rows, heads · headDim)
    /// @throws IllegalArgumentException if a position is not the next one of its image; nothing is stored then
    /// @throws IllegalStateException    if a text has not been fed to its end; nothing is stored then
    public void putAndAttendImage(Compute compute, float[] qkv, int[] imageOf, int[] textOf, int[] positions, int rows,
            float scale, float[] out) {
        for (int row = 0; row < rows; row++) texts.checkComplete(textOf[row]);
        images.feed(imageOf, positions, rows);
        attend(compute, images, new Rows(qkv, imageOf, textOf, positions, rows, scale, out));
    }

    /// Where several rows of a stream could overwrite what the first of them still attends to, each is stored after the one
    /// before it has attended; elsewhere rows are stored first, so that four share what they read.
    private void attend(Compute compute, TokenStreams tokens, Rows rows) {
        boolean isStored = tokens.keepsAll() && rows.hasRuns();
        if (isStored) putAll(compute, tokens, rows);
        int threads = compute.team().size();
        int most = (long) rows.count * groups >= (long) Kernels.SCORE_ROWS * threads ? Kernels.SCORE_ROWS : 1;
        int tileCount = cut(tokens, rows, most);
        int tasks = tileCount * groups;
        int parts = Math.min(tasks, PARTS_PER_THREAD * threads);
        ensureScratch(parts);
        compute.team().run(parts, (part, _) -> {
            int end = (int) ((long) tasks * (part + 1) / parts);
            for (int task = (int) ((long) tasks * part / parts); task < end; task++) {
                int tile = task / groups;
                attendTile(compute.kernels(), tokens, rows, tiles[tile], tiles[tile + 1], task % groups, isStored,
                        scratch[part]);
            }
        });
    }

    private void putAll(Compute compute, TokenStreams tokens, Rows rows) {
        if (rows.count < MANY_ROWS) {
            for (int head = 0; head < heads; head++) putHead(tokens, rows, 0, rows.count, head);
        } else {
            compute.team().run(heads, (head, _) -> putHead(tokens, rows, 0, rows.count, head));
        }
    }

    private void putHead(TokenStreams tokens, Rows rows, int first, int end, int head) {
        int width = heads * headDim;
        for (int row = first; row < end; row++) {
            int at = row * 3 * width + head * headDim;
            tokens.put(rows.streamOf[row], rows.positions[row], head, rows.qkv, at + width, at + 2 * width);
        }
    }

    /// Cuts the rows into tiles that one task takes for a group of heads: neighbours of one stream, all of them if the cache
    /// overwrites, or rows of different images of one text.
    private int cut(TokenStreams tokens, Rows rows, int most) {
        if (tiles.length <= rows.count) tiles = new int[rows.count + 1];
        int count = 0;
        int row = 0;
        while (row < rows.count) {
            int first = row++;
            tiles[count++] = first;
            boolean isRun = row < rows.count && rows.isSameStream(row, first);
            int longest = isRun && !tokens.keepsAll() ? rows.count : most;
            while (row < rows.count && row - first < longest && rows.isSameStream(row, first) == isRun
                    && (isRun || rows.isSameText(row, first) && !startsRun(rows, row))) {
                row++;
            }
        }
        tiles[count] = rows.count;
        return count;
    }

    private static boolean startsRun(Rows rows, int row) {
        return row + 1 < rows.count && rows.isSameStream(row, row + 1);
    }

    private void attendTile(Kernels kernels, TokenStreams tokens, Rows rows, int first, int end, int group,
            boolean isStored, Scratch room) {
        boolean isRun = end - first > 1 && rows.isSameStream(first, first + 1);
        if (isRun && !tokens.keepsAll()) {
            for (int row = first; row < end; row++) {
                putGroup(tokens, rows, row, row + 1, group);
                attendShared(kernels, tokens, rows, row, row + 1, group, false, room);
            }
        } else {
            if (!isStored) putGroup(tokens, rows, first, end, group);
            attendShared(kernels, tokens, rows, first, end, group, isRun && tokens.sharesPrefix(), room);
        }
    }

    private void putGroup(TokenStreams tokens, Rows rows, int first, int end, int group) {
        int head = group * CachedHeads.MOST;
        int last = Math.min(heads, head + CachedHeads.MOST);
        for (; head < last; head++) putHead(tokens, rows, first, end, head);
    }

    /// Attention of up to four rows whose keys are stored.
    ///
    /// @param isPrefixShared whether the rows are neighbours that share all that came before the first of them
    private void attendShared(Kernels kernels, TokenStreams tokens, Rows rows, int first, int end, int group,
            boolean isPrefixShared, Scratch room) {
        room.shared.clear();
        if (rows.textOf != null) room.shared.add(texts.heads(rows.textOf[first], group), 0, textLength);
        int start = rows.positions[first];
        CachedHeads past = tokens.heads(rows.streamOf[first], group);
        if (isPrefixShared) room.shared.add(past, 0, start);
        for (int row = first; row < end; row++) {
            CachedSegments own = room.own[row - first];
            own.clear();
            if (isPrefixShared) {
                own.add(past, start, row - first + 1);
            } else {
                tokens.collect(rows.streamOf[row], rows.positions[row], group, own);
            }
        }
        int width = heads * headDim;
        int features = group * CachedHeads.MOST * headDim;
        kernels.attendSegments(rows.qkv, first * 3 * width + features, 3 * width, end - first, rows.scale, room.shared,
                room.own, room.scores, rows.out, first * width + features, width);
    }

    private void ensureScratch(int parts) {
        if (scratch.length >= parts) return;
        int before = scratch.length;
        scratch = java.util.Arrays.copyOf(scratch, parts);
        for (int i = before; i < parts; i++) scratch[i] = new Scratch(scratchFloats);
    }
}
