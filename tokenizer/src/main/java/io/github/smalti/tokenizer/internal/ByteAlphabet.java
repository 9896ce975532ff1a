package io.github.smalti.tokenizer.internal;

import java.util.Arrays;

/// GPT-2's alphabet: every byte has one visible character, so that a vocabulary of byte strings can be a text file.
///
/// Printable Latin-1 bytes stand for themselves; the other 68 are U+0100, U+0101, … in the order of their value.
/// Source: GPT-2's encoder.py, `bytes_to_unicode`.
public final class ByteAlphabet {
    /// All bytes in the order of OpenAI's CLIP vocabulary: the printable ones first, then the rest.
    private static final int[] ORDER = new int[256];
    private static final char[] CHARACTERS = new char[256];
    private static final int[] BYTES = new int[0x144];

    static {
        int count = 0;
        for (int b = 0; b < 256; b++) {
            if (isPrintable(b)) {
                CHARACTERS[b] = (char) b;
                ORDER[count++] = b;
            }
        }
        int printable = count;
        for (int b = 0; b < 256; b++) {
            if (!isPrintable(b)) {
                CHARACTERS[b] = (char) (256 + count - printable);
                ORDER[count++] = b;
            }
        }
        Arrays.fill(BYTES, -1);
        for (int b = 0; b < 256; b++) BYTES[CHARACTERS[b]] = b;
    }

    private ByteAlphabet() {}

    private static boolean isPrintable(int b) { return b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae; }

    /// The character of a byte, 0 to 255.
    public static char character(int b) { return CHARACTERS[b]; }

    /// The byte of a character, or -1 if the alphabet lacks it.
    public static int byteOf(char c) { return c < BYTES.length ? BYTES[c] : -1; }

    /// The byte at a place of OpenAI's order.
    public static int inOrder(int index) { return ORDER[index]; }
}
