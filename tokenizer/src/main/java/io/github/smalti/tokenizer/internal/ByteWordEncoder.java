package io.github.smalti.tokenizer.internal;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReferenceArray;

/// Words whose symbols are bytes: UTF-8 bytes to symbols, symbols merged to tokens.
///
/// Short words are remembered in a table of fixed size where a new word takes the place of an old one with the same
/// hash, so memory stays bounded (about 1 MiB) and threads share it without a lock.
public final class ByteWordEncoder implements WordEncoder {
    private static final int CACHE_SIZE = 1 << 13;
    private static final int LONGEST_CACHED = 32;
    private static final int LACKING = -1;

    /// Ids of the alphabet's bytes; -1 for a byte that the vocabulary lacks and that is therefore dropped.
    ///
    /// @param inside id of each byte inside of a word
    /// @param last   id of each byte at the end of a word; the same array when the vocabulary marks no word ends
    public record ByteIds(int[] inside, int[] last) {}

    private record Cached(String word, int[] ids) {}

    private final ByteIds byteIds;
    private final PairMerger merger;
    private final int[] symbolCounts;
    private final Map<String, Integer> wholeWords;
    private final AtomicReferenceArray<Cached> cache = new AtomicReferenceArray<>(CACHE_SIZE);

    /// Makes an encoder.
    ///
    /// @param byteIds      ids of the bytes
    /// @param merges       the merges
    /// @param symbolCounts for each id, how many bytes it stands for
    /// @param wholeWords   words with an id of their own that are never taken apart
    public ByteWordEncoder(ByteIds byteIds, MergeTable merges, int[] symbolCounts, Map<String, Integer> wholeWords) {
        this.byteIds = byteIds;
        this.merger = new PairMerger(merges);
        this.symbolCounts = symbolCounts;
        this.wholeWords = Map.copyOf(wholeWords);
    }

    @Override
    public int[] encode(String text, int start, int end) {
        if (end - start > LONGEST_CACHED) return compute(text, start, end);
        String word = text.substring(start, end);
        int slot = spread(word.hashCode()) & CACHE_SIZE - 1;
        Cached known = cache.get(slot);
        if (known != null && known.word.equals(word)) return known.ids;
        Integer whole = wholeWords.get(word);
        int[] ids = whole != null ? new int[]{whole} : compute(text, start, end);
        cache.set(slot, new Cached(word, ids));
        return ids;
    }

    @Override
    public int firstNotHeld(String text, int start, int end, int[] ids, int kept) {
        long symbols = 0;
        for (int i = 0; i < kept; i++) symbols += symbolCounts[ids[i]];
        byte[] utf8 = new byte[4];
        for (int at = start; at < end;) {
            int codePoint = text.codePointAt(at);
            int length = Utf8.encode(codePoint, utf8);
            for (int i = 0; i < length; i++) { if (byteIds.inside[utf8[i] & 0xff] != LACKING) symbols--; }
            if (symbols < 0) return at;
            at += Character.charCount(codePoint);
        }
        return end;
    }

    private int[] compute(String text, int start, int end) {
        int[] symbols = new int[byteCount(text, start, end)];
        int count = 0;
        int lastByte = LACKING;
        byte[] utf8 = new byte[4];
        for (int at = start; at < end;) {
            int codePoint = text.codePointAt(at);
            at += Character.charCount(codePoint);
            int length = Utf8.encode(codePoint, utf8);
            for (int i = 0; i < length; i++) {
                int b = utf8[i] & 0xff;
                if (byteIds.inside[b] == LACKING) continue;
                symbols[count++] = byteIds.inside[b];
                lastByte = b;
            }
        }
        if (count > 0) symbols[count - 1] = byteIds.last[lastByte];
        return Arrays.copyOf(symbols, merger.merge(symbols, count));
    }

    private static int byteCount(String text, int start, int end) {
        int bytes = 0;
        for (int i = start; i < end; i++) {
            char c = text.charAt(i);
            bytes = Math.addExact(bytes, c < 0x80 ? 1 : c < 0x800 ? 2 : 3);
        }
        return bytes;
    }

    private static int spread(int hash) { return hash ^ hash >>> 15; }
}
