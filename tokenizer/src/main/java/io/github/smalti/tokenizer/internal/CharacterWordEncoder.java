package io.github.smalti.tokenizer.internal;

import java.util.Arrays;

/// Words whose symbols are characters, not bytes; a word of n symbols takes n log n steps. Immutable and thread-safe.
public abstract sealed class CharacterWordEncoder implements WordEncoder permits YouTokenToMeWords, CharBpeWords {
    /// The symbols of one word and where each one starts in the text. Not thread-safe.
    static final class Symbols {
        private int[] ids;
        private int[] starts;
        private int count;

        private Symbols(int room) {
            ids = new int[room];
            starts = new int[room];
        }

        /// Appends a symbol.
        void add(int id, int start) {
            if (count == ids.length) {
                int room = Math.addExact(count, (count >> 1) + 8);
                ids = Arrays.copyOf(ids, room);
                starts = Arrays.copyOf(starts, room);
            }
            ids[count] = id;
            starts[count++] = start;
        }

        /// Puts another id in the place of the last symbol's.
        void replaceLast(int id) { ids[count - 1] = id; }

        /// Number of symbols.
        int count() { return count; }
    }

    private final PairMerger merger;
    private final int[] symbolCounts;

    /// Keeps the rules.
    ///
    /// @param merges       the merges
    /// @param symbolCounts for each id, how many symbols it stands for
    CharacterWordEncoder(MergeTable merges, int[] symbolCounts) {
        merger = new PairMerger(merges);
        this.symbolCounts = symbolCounts;
    }

    /// Appends the symbols of `text[start, end)`.
    abstract void split(String text, int start, int end, Symbols out);

    @Override
    public final int[] encode(String text, int start, int end) {
        Symbols symbols = symbols(text, start, end);
        return Arrays.copyOf(symbols.ids, merger.merge(symbols.ids, symbols.count));
    }

    @Override
    public final int firstNotHeld(String text, int start, int end, int[] ids, int kept) {
        long held = 0;
        for (int i = 0; i < kept; i++) held += symbolCounts[ids[i]];
        Symbols symbols = symbols(text, start, end);
        return held < symbols.count ? symbols.starts[(int) held] : end;
    }

    private Symbols symbols(String text, int start, int end) {
        var symbols = new Symbols(end - start + 1);
        split(text, start, end, symbols);
        return symbols;
    }
}
