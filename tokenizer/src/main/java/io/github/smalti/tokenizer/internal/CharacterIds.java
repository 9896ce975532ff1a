package io.github.smalti.tokenizer.internal;

import java.util.Arrays;

/// Ids of single characters, without boxing: pages of 256 code points, made when one of them gets an id.
///
/// Filled once and then only read, so it is thread-safe.
final class CharacterIds {
    /// The id of a character that has none.
    static final int LACKING = -1;

    private static final int REPLACEMENT = 0xfffd;

    private final int[][] pages = new int[(Character.MAX_CODE_POINT >> 8) + 1][];

    /// Gives a character its id; false if it has one already.
    boolean add(int codePoint, int id) {
        int[] page = pages[codePoint >> 8];
        if (page == null) {
            page = new int[256];
            Arrays.fill(page, LACKING);
            pages[codePoint >> 8] = page;
        }
        if (page[codePoint & 0xff] != LACKING) return false;
        page[codePoint & 0xff] = id;
        return true;
    }

    /// The id of a character, or [#LACKING]; a lone surrogate counts as U+FFFD.
    int of(int codePoint) {
        boolean isSurrogate = codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
        int scalar = isSurrogate ? REPLACEMENT : codePoint;
        int[] page = pages[scalar >> 8];
        return page == null ? LACKING : page[scalar & 0xff];
    }
}
