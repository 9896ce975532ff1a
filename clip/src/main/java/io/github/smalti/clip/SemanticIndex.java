package io.github.smalti.clip;

import io.github.smalti.core.Compute;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.ShapeMismatchException;
import java.lang.foreign.Arena;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// Pictures and texts as points of the semantic space, and the nearest ones to a query.
///
/// ```java
/// try (var index = SemanticIndex.create(compute, clip.embeddingSize(), Precision.F32)) {
///     index.add("cat.png", clip.embedImages(List.of(picture))[0]);
///     for (var match : index.search(clip.embedTexts(List.of("a cat"))[0], 10)) {
///         System.out.println(match.name() + " " + match.cosine());
///     }
///     index.save(Path.of("pictures.index"));
/// }
/// ```
///
/// The search is exact: every vector is compared. Matches and their cosines are those of computing [Embeddings#cosine]
/// with every vector, one after another, bit by bit; of equal cosines the item that was added first comes first.
///
/// | precision | bytes of a vector | what is searched | cosines |
/// |---|---|---|---|
/// | f32 | 4 · width | the vectors as they were added | those of [Clip#score] |
/// | int8 | width + 4 | vectors with each number rounded to the largest magnitude / 127 | off by at most half such a step times the sum of the query's magnitudes, so by at most √width · largest / 254; for random errors by 1/√12 of a step on average |
///
/// A search reads all vectors once, at the rate of memory: 205 MB for 100,000 vectors of 512 f32 numbers. It allocates 4
/// bytes for each vector.
///
/// Vectors lie in native memory that the index owns; [#close] frees it and must wait for running calls. [#load] copies a
/// file there, since mapped files are read at half the rate; [#map] leaves the vectors in the file, whose pages all
/// processes share and the system may drop, and can then not be added to. Thread-safe: who searches while others add
/// sees the items of the moment the call began.
///
/// Source: nearest neighbours in a shared embedding space, Radford et al., arXiv 2103.00020, section 3.1.
public final class SemanticIndex implements AutoCloseable {
    /// What the length of an embedding may differ from 1.
    static final double TOLERANCE = 1e-3;
    /// What that of a rounded vector may differ: up to √8192 / 254, and the tolerance before it was rounded.
    static final double INT8_TOLERANCE = 0.4;
    static final int MAX_NAME_BYTES = 4096;
    static final int MAX_ABOUT_BYTES = 1 << 20;

    /// Vectors of the first block, and most of any other, in multiples of [VectorBlock#GROUP].
    private static final int FIRST_BLOCK = 256;
    private static final int LARGEST_BLOCK = 1 << 12;

    /// What a vector stands for.
    ///
    /// @param name a file, a sentence, a key; need not be unique; at most 4,096 bytes of UTF-8
    /// @param note anything to keep with it, such as the version of a file; often empty; at most 4,096 bytes
    public record Item(String name, String note) {}

    /// An item that was found.
    ///
    /// @param item   its number, in the order items were added
    /// @param name   its name
    /// @param cosine with the query, -1 to 1
    public record Match(int item, String name, float cosine) {}

    private final Compute compute;
    private final Precision precision;
    private final int width;
    private final Arena arena;
    private final VectorBlock[] copies;
    /// Guarded by itself, as are the blocks and what it is about.
    private final List<Item> items;
    private List<VectorBlock> blocks;
    private String about;

    private SemanticIndex(Compute compute, Precision precision, int width, Arena arena, VectorBlock[] copies,
            List<Item> items, List<VectorBlock> blocks, String about) {
        this.compute = compute;
        this.precision = precision;
        this.width = width;
        this.arena = arena;
        this.copies = copies;
        this.items = items;
        this.blocks = blocks;
        this.about = about;
    }

    /// Makes an index without items.
    ///
    /// @param compute   what to search with
    /// @param width     numbers of an embedding, 1 to 8,192
    /// @param precision [Precision#F32] or [Precision#INT8]
    /// @return the index; the caller closes it
    /// @throws IllegalArgumentException if the width or precision is another
    public static SemanticIndex create(Compute compute, int width, Precision precision) {
        if (width < 1 || width > IndexHeader.MAX_WIDTH) {
            throw new IllegalArgumentException("width: expected 1 to " + IndexHeader.MAX_WIDTH + ", found " + width);
        }
        if (precision == Precision.BF16)
            throw new IllegalArgumentException("precision: expected F32 or INT8, found BF16");
        return new SemanticIndex(compute, precision, width, compute.memory().open(), null, new ArrayList<>(), List.of(),
                "");
    }

    /// Reads a file into native memory and checks all of it.
    ///
    /// @param file    as [#save] wrote it
    /// @param compute what to search with
    /// @return the index; the caller closes it
    /// @throws IndexFileException if the file is missing, damaged or of another kind
    public static SemanticIndex load(Path file, Compute compute) { return open(file, compute, false); }

    /// Maps a file and checks all of it, for which it is read once. A file that another process cuts later makes a
    /// search fail with an [InternalError].
    ///
    /// @param file    as [#save] wrote it
    /// @param compute what to search with
    /// @return an index that cannot be added to; the caller closes it
    /// @throws IndexFileException if the file is missing, damaged or of another kind
    public static SemanticIndex map(Path file, Compute compute) { return open(file, compute, true); }

    private static SemanticIndex open(Path file, Compute compute, boolean isMapped) {
        Arena arena = null;
        boolean isOpened = false;
        try (var reader = new IndexReader(file)) {
            arena = compute.memory().open();
            IndexHeader header = reader.header();
            List<VectorBlock> blocks = List.of();
            if (header.count() > 0) {
                blocks = List.of(isMapped ? reader.map(arena, compute) : reader.load(arena, compute));
            }
            VectorBlock[] copies = isMapped ? new VectorBlock[IndexSearch.parts(compute)] : null;
            for (int i = 0; isMapped && i < copies.length; i++) {
                copies[i] = VectorBlock.allocate(arena, header.precision(), header.width(), VectorBlock.GROUP, 0);
            }
            var index = new SemanticIndex(compute, header.precision(), header.width(), arena, copies, reader.items(),
                    blocks, reader.about());
            isOpened = true;
            return index;
        } finally {
            if (!isOpened && arena != null) arena.close();
        }
    }

    /// Adds an item.
    ///
    /// @param name      what it is called
    /// @param embedding of length 1, as [Clip] gives it; copied
    /// @throws IllegalArgumentException if the length is not 1 within 1e-3, or the name is too long or no Unicode
    /// @throws ShapeMismatchException   if the embedding has another width
    /// @throws IllegalStateException    if the index is mapped or full
    public void add(String name, float[] embedding) { add(new Item(name, ""), embedding); }

    /// Adds an item with a note.
    ///
    /// @param item      name and note
    /// @param embedding of length 1, as [Clip] gives it; copied
    /// @throws IllegalArgumentException if the length is not 1 within 1e-3, or a text is too long or no Unicode
    /// @throws ShapeMismatchException   if the embedding has another width
    /// @throws IllegalStateException    if the index is mapped or full
    public void add(Item item, float[] embedding) {
        requireUnit(embedding);
        utf8("name", item.name(), MAX_NAME_BYTES);
        utf8("note", item.note(), MAX_NAME_BYTES);
        synchronized (items) {
            VectorBlock block = blockWithRoom();
            block.put(items.size() - block.first(), embedding);
            items.add(item);
        }
    }

    /// Adds an item of another index as it is stored there, bit by bit.
    ///
    /// @param from   an index of the same width and precision
    /// @param number the item's number there
    /// @throws IllegalArgumentException if the other index has another width or precision
    /// @throws IllegalStateException    if this index is mapped or full
    public void add(SemanticIndex from, int number) {
        if (from.width != width || from.precision != precision) {
            throw new IllegalArgumentException("expected an index of " + width + " numbers in " + precision + ", found "
                    + from.width + " in " + from.precision);
        }
        Item item = from.item(number);
        VectorBlock source = from.block(number);
        synchronized (items) {
            VectorBlock block = blockWithRoom();
            block.copy(items.size() - block.first(), source, number - source.first());
            items.add(item);
        }
    }

    private VectorBlock blockWithRoom() {
        if (isMapped()) throw new IllegalStateException("a mapped index cannot be added to; load the file instead");
        int count = items.size();
        if (count == IndexHeader.MAX_COUNT) throw new IllegalStateException("the index is full: " + count + " items");
        if (!blocks.isEmpty() && count < blocks.getLast().end()) return blocks.getLast();
        VectorBlock block = VectorBlock.allocate(arena, precision, width, Math.clamp(count, FIRST_BLOCK, LARGEST_BLOCK),
                count);
        List<VectorBlock> longer = new ArrayList<>(blocks);
        longer.add(block);
        blocks = List.copyOf(longer);
        return block;
    }

    private VectorBlock block(int number) {
        synchronized (items) {
            Objects.checkIndex(number, items.size());
            int block = 0;
            while (number >= blocks.get(block).end()) block++;
            return blocks.get(block);
        }
    }

    /// Finds the nearest items.
    ///
    /// @param query a text's or picture's embedding, of length 1
    /// @param top   how many to find, at least 1
    /// @return at most `top` items, nearest first; of equal cosines the one that was added first
    /// @throws IllegalArgumentException if the length is not 1 within 1e-3, or `top` is below 1
    /// @throws ShapeMismatchException   if the query has another width
    public List<Match> search(float[] query, int top) {
        requireUnit(query);
        if (top < 1) throw new IllegalArgumentException("top: expected 1 or more, found " + top);
        List<VectorBlock> all;
        int count;
        synchronized (items) {
            all = blocks;
            count = items.size();
        }
        if (count == 0) return List.of();
        TopItems found = new IndexSearch(compute, all, count, query, Math.min(top, count), copies).run();
        int[] order = found.inOrder();
        List<Match> matches = new ArrayList<>(order.length);
        for (int i = 0; i < order.length; i++) {
            matches.add(new Match(order[i], item(order[i]).name(), found.score(i)));
        }
        return List.copyOf(matches);
    }

    private void requireUnit(float[] vector) {
        Embeddings.requireLength("embedding", width, vector);
        double length = Math.sqrt(Embeddings.dot(vector, vector));
        if (!(Math.abs(length - 1) <= TOLERANCE)) {
            throw new IllegalArgumentException("expected an embedding of length 1, found " + length
                    + "; Embeddings.unit scales a vector");
        }
    }

    /// UTF-8 of a text within limits.
    static byte[] utf8(String what, String text, int most) {
        try {
            var bytes = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            if (bytes.remaining() > most) {
                throw new IllegalArgumentException(what + ": expected at most " + most + " bytes, found "
                        + bytes.remaining());
            }
            byte[] out = new byte[bytes.remaining()];
            bytes.get(out);
            return out;
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(what + ": expected Unicode, found half a character", e);
        }
    }

    /// Number of items.
    public int size() {
        synchronized (items) {
            return items.size();
        }
    }

    /// Numbers of an embedding.
    public int width() { return width; }

    /// How vectors are stored.
    public Precision precision() { return precision; }

    /// Whether the vectors lie in a file.
    public boolean isMapped() { return copies != null; }

    /// Bytes of native memory, or of the mapping, that the vectors take.
    public long byteSize() {
        synchronized (items) {
            return blocks.stream().mapToLong(VectorBlock::byteSize).sum();
        }
    }

    /// Bytes that vectors take in a file, and about that in memory.
    ///
    /// @param precision how they are stored
    /// @param width     numbers of each
    /// @param count     how many
    public static long byteSize(Precision precision, int width, int count) {
        return PackedMatrix.byteSize(precision, count, 1, width);
    }

    /// What was said of the index as a whole, such as the model that its vectors come from; `""` at first.
    public String about() {
        synchronized (items) {
            return about;
        }
    }

    /// Says something of the index as a whole that [#save] keeps: vectors of different models must not be compared.
    ///
    /// @param text any text of at most 1 MiB of UTF-8
    /// @throws IllegalArgumentException if it is too long or no Unicode
    public void describe(String text) {
        utf8("about", text, MAX_ABOUT_BYTES);
        synchronized (items) {
            about = text;
        }
    }

    /// An item.
    ///
    /// @param number its number, from 0, in the order items were added
    public Item item(int number) {
        synchronized (items) {
            return items.get(number);
        }
    }

    /// The vector of an item as it is searched.
    ///
    /// @param number its number
    /// @return a new array; for int8 rounded, so that its length may differ a little from 1
    public float[] vector(int number) {
        VectorBlock block = block(number);
        float[] out = new float[width];
        block.get(number - block.first(), out);
        return out;
    }

    /// Writes all items to one file, or replaces it; its name shows the old content or all of the new. Nothing can be
    /// added meanwhile.
    ///
    /// @param file where; its folder exists
    /// @throws IndexFileException if it cannot be written; the old file stays
    public void save(Path file) {
        synchronized (items) {
            IndexWriter.write(file, precision, width, about, items, blocks);
        }
    }

    /// Frees the vectors or unmaps the file; closing twice has no effect.
    @Override
    public void close() { if (arena.scope().isAlive()) arena.close(); }
}
