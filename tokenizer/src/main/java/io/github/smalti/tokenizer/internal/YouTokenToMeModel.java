package io.github.smalti.tokenizer.internal;

import io.github.smalti.tokenizer.TokenizerException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/// YouTokenToMe's `bpe.model`, a text of whole numbers (YouTokenToMe, utils.cpp @ f4162d8, `BPEState::load`).
///
/// | lines | content |
/// |---|---|
/// | 1 | n m |
/// | n | code point, id |
/// | m, in rank order | left id, right id, id of the merged token |
/// | 1 | ids of `<UNK>`, `<PAD>`, `<BOS>`, `<EOS>` |
///
/// Every id from 0 to n + m + 3 must have exactly one meaning. Immutable and thread-safe.
public final class YouTokenToMeModel {
    /// The character that begins a word, U+2581.
    public static final int WORD_START = 0x2581;

    /// Published vocabularies have 16,384 ids; this is room for sixty-four times as many.
    private static final int MOST_IDS = 1 << 20;
    /// Longest token, in characters: every merge may double one.
    private static final int LONGEST_TOKEN = 1024;
    private static final int SHORTEST_CHARACTER_LINE = "0 0\n".length();
    private static final int SHORTEST_MERGE_LINE = "0 0 0\n".length();
    private static final int NONE = -1;

    /// The four ids that no line defines.
    ///
    /// @param unk the id of a run of unknown characters
    /// @param pad the id that fills up
    /// @param bos the id of the start mark
    /// @param eos the id of the end mark
    public record Specials(int unk, int pad, int bos, int eos) {}

    private final CharacterIds characters = new CharacterIds();
    private final MergeTable merges;
    private final Specials specials;
    private final int[] codePoints;
    private final int[] lefts;
    private final int[] rights;
    private final int[] symbolCounts;

    private YouTokenToMeModel(NumberReader in) {
        int characterCount = in.next("the number of characters", 1, MOST_IDS);
        int mergeCount = in.next("the number of merges", 0, MOST_IDS);
        int size = characterCount + mergeCount + 4;
        long least = (long) characterCount * SHORTEST_CHARACTER_LINE + (long) mergeCount * SHORTEST_MERGE_LINE;
        if (size > MOST_IDS || least > in.length()) {
            throw in.fail(characterCount + " characters and " + mergeCount + " merges, more than a file of "
                    + in.length() + " characters can hold or than " + MOST_IDS + " ids");
        }
        codePoints = filled(size);
        lefts = filled(size);
        rights = filled(size);
        symbolCounts = new int[size];
        merges = new MergeTable(mergeCount);
        for (int i = 0; i < characterCount; i++) readCharacter(in);
        for (int rank = 0; rank < mergeCount; rank++) readMerge(in, rank);
        if (characters.of(WORD_START) == CharacterIds.LACKING) {
            throw in.fail("no character has the code point " + WORD_START + ", which begins every word");
        }
        specials = new Specials(readSpecial(in, "<UNK>"), readSpecial(in, "<PAD>"), readSpecial(in, "<BOS>"),
                readSpecial(in, "<EOS>"));
        in.end();
    }

    /// Reads a model.
    ///
    /// @param file `bpe.model`
    /// @throws TokenizerException if the file is missing, malformed or beyond a limit
    public static YouTokenToMeModel read(Path file) { return new YouTokenToMeModel(new NumberReader(file)); }

    private static int[] filled(int size) {
        int[] values = new int[size];
        Arrays.fill(values, NONE);
        return values;
    }

    private void readCharacter(NumberReader in) {
        int codePoint = in.next("a code point", 0, Character.MAX_CODE_POINT);
        int id = newId(in, "the id of a character");
        if (!characters.add(codePoint, id)) throw in.fail("the code point " + codePoint + " appears twice");
        codePoints[id] = codePoint;
    }

    private void readMerge(NumberReader in, int rank) {
        int left = knownId(in, "the left id of a merge");
        int right = knownId(in, "the right id of a merge");
        int result = newId(in, "the id that a merge makes");
        if (!merges.add(left, right, rank, result)) {
            throw in.fail("the merge of " + left + " and " + right + " appears twice");
        }
        lefts[result] = left;
        rights[result] = right;
        symbolCounts[result] = symbolCounts[left] + symbolCounts[right];
        if (symbolCounts[result] > LONGEST_TOKEN) {
            throw in.fail("token " + result + " has " + symbolCounts[result] + " characters, at most " + LONGEST_TOKEN
                    + " are expected");
        }
    }

    private int readSpecial(NumberReader in, String name) { return newId(in, "the id of " + name); }

    /// An id that nothing has yet.
    private int newId(NumberReader in, String what) {
        int id = in.next(what, 0, symbolCounts.length - 1);
        if (symbolCounts[id] != 0) throw in.fail(what + " is " + id + ", which has a meaning already");
        symbolCounts[id] = 1;
        return id;
    }

    private int knownId(NumberReader in, String what) {
        int id = in.next(what, 0, symbolCounts.length - 1);
        if (symbolCounts[id] == 0) throw in.fail(what + " is " + id + ", which no line before defines");
        return id;
    }

    /// Appends the text of an id: characters as they are, the word start as a space, special ids by name.
    ///
    /// @param id  an id below [#size]
    /// @param out where the text goes
    /// @throws IndexOutOfBoundsException if the id is outside of the vocabulary
    public void append(int id, StringBuilder out) {
        if (lefts[Objects.checkIndex(id, lefts.length)] != NONE) {
            append(lefts[id], out);
            append(rights[id], out);
        } else if (codePoints[id] != NONE) {
            out.appendCodePoint(codePoints[id] == WORD_START ? ' ' : codePoints[id]);
        } else {
            out.append(id == specials.unk
                    ? "<UNK>"
                    : id == specials.pad ? "<PAD>" : id == specials.bos ? "<BOS>" : "<EOS>");
        }
    }

    /// Number of ids.
    public int size() { return codePoints.length; }

    /// The four special ids.
    public Specials specials() { return specials; }

    /// Characters and their ids.
    CharacterIds characters() { return characters; }

    /// The merges.
    MergeTable merges() { return merges; }

    /// For each id, how many characters it stands for; a special one counts as one.
    int[] symbolCounts() { return symbolCounts; }
}
