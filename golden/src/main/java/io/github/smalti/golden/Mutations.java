package io.github.smalti.golden;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/// Makes damaged copies of files: the same corpus, words and random numbers give the same bytes.
///
/// Three of four begin with a good file. One to four changes each: bits flipped, bytes set, the end cut off, two files spliced, an integer of 1, 2, 4 or 8
/// bytes (either byte order) or a number of digits set to an extreme, a word of the format put in, a block repeated,
/// moved or taken out. Every other change falls on the first 512 bytes, where headers are. Immutable and thread-safe.
public final class Mutations {
    private static final int HEAD = 512;
    private static final int MAX_GROWTH = 1 << 12;
    private static final long[] EXTREMES = {0, 1, -1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 1 << 24, Integer.MAX_VALUE,
            Integer.MIN_VALUE, 0xffff_ffffL, 1L << 32, 1L << 40, 1L << 62, Long.MAX_VALUE, Long.MIN_VALUE};
    private static final List<String> EXTREME_DIGITS = List.of("0", "-1", "255", "65536", "2147483647", "2147483648",
            "4294967295", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551616", "1e999",
            "00", "99999999999999999999999999999999999999999999");

    private final List<byte[]> good;
    private final List<byte[]> corpus;
    private final List<byte[]> words;
    private final int maxLength;

    /// Keeps the files, which must not be changed later.
    ///
    /// @param good  whole files, none empty
    /// @param bad   files with faults, none empty
    /// @param words what the format's own texts and marks are, none empty
    public Mutations(List<byte[]> good, List<byte[]> bad, List<byte[]> words) {
        this.good = List.copyOf(good);
        this.corpus = Stream.concat(good.stream(), bad.stream()).toList();
        this.words = List.copyOf(words);
        this.maxLength = this.corpus.stream().mapToInt(file -> file.length).max().orElseThrow() * 4 + MAX_GROWTH;
    }

    /// One damaged file.
    ///
    /// @param random decides everything
    public byte[] mutant(RandomGenerator random) {
        List<byte[]> from = random.nextInt(4) < 3 && !good.isEmpty() ? good : corpus;
        byte[] bytes = from.get(random.nextInt(from.size())).clone();
        int changes = random.nextBoolean() ? 1 : 2 + random.nextInt(3);
        for (int i = 0; i < changes && bytes.length > 0; i++) {
            byte[] changed = changed(bytes, random);
            if (changed.length <= maxLength) bytes = changed;
        }
        return bytes;
    }

    private byte[] changed(byte[] bytes, RandomGenerator random) {
        int at = place(bytes, random);
        return switch (random.nextInt(16)) {
            case 0, 1, 2 -> {
                bytes[at] ^= (byte) (1 << random.nextInt(8));
                yield bytes;
            }
            case 3 -> {
                int[] values = {0, 0xff, '\n', random.nextInt(256)};
                bytes[at] = (byte) values[random.nextInt(values.length)];
                yield bytes;
            }
            case 4 -> Arrays.copyOf(bytes, at);
            case 5 -> splice(bytes, at, random);
            case 6, 7, 8 -> withExtreme(bytes, at, random);
            case 9 -> withExtremeDigits(bytes, at, random);
            case 10, 11 -> words.isEmpty()
                    ? bytes
                    : replaced(bytes, at, 0, words.get(random.nextInt(words.size())));
            case 12 -> overwritten(bytes, at, random);
            case 13 -> repeated(bytes, at, random);
            case 14 -> replaced(bytes, at, length(bytes, at, random), new byte[0]);
            default -> moved(bytes, at, random);
        };
    }

    private static int place(byte[] bytes, RandomGenerator random) {
        return random.nextInt(random.nextBoolean() ? bytes.length : Math.min(HEAD, bytes.length));
    }

    /// A few bytes, seldom many.
    private static int length(byte[] bytes, int at, RandomGenerator random) {
        int most = random.nextInt(4) == 0 ? bytes.length - at : Math.min(64, bytes.length - at);
        return 1 + random.nextInt(most);
    }

    /// The beginning of one file and the end of another.
    private byte[] splice(byte[] bytes, int at, RandomGenerator random) {
        byte[] other = corpus.get(random.nextInt(corpus.size()));
        int from = random.nextBoolean() ? Math.min(at, other.length - 1) : place(other, random);
        return replaced(bytes, at, bytes.length - at, Arrays.copyOfRange(other, from, other.length));
    }

    private static byte[] withExtreme(byte[] bytes, int at, RandomGenerator random) {
        int width = 1 << random.nextInt(4);
        if (width > bytes.length) return bytes;
        long extreme = random.nextInt(4) == 0
                ? bytes.length + random.nextInt(-9, 10)
                : EXTREMES[random.nextInt(EXTREMES.length)];
        boolean isLittle = random.nextBoolean();
        byte[] whole = ByteBuffer.allocate(Long.BYTES).order(isLittle ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN)
                .putLong(extreme).array();
        System.arraycopy(whole, isLittle ? 0 : Long.BYTES - width, bytes, Math.min(at, bytes.length - width), width);
        return bytes;
    }

    /// The next run of decimal digits becomes another number.
    private static byte[] withExtremeDigits(byte[] bytes, int at, RandomGenerator random) {
        int begin = at;
        while (begin < bytes.length && !isDigit(bytes[begin])) begin++;
        int end = begin;
        while (end < bytes.length && isDigit(bytes[end])) end++;
        String digits = EXTREME_DIGITS.get(random.nextInt(EXTREME_DIGITS.size()));
        return begin == end
                ? bytes
                : replaced(bytes, begin, end - begin, digits.getBytes(StandardCharsets.US_ASCII));
    }

    private static boolean isDigit(byte b) { return b >= '0' && b <= '9'; }

    private byte[] overwritten(byte[] bytes, int at, RandomGenerator random) {
        if (words.isEmpty()) return bytes;
        byte[] word = words.get(random.nextInt(words.size()));
        System.arraycopy(word, 0, bytes, at, Math.min(word.length, bytes.length - at));
        return bytes;
    }

    private static byte[] repeated(byte[] bytes, int at, RandomGenerator random) {
        int length = length(bytes, at, random);
        int times = 1 + random.nextInt(random.nextInt(8) == 0 ? 1000 : 3);
        if ((long) length * times > MAX_GROWTH) times = 1;
        byte[] block = new byte[length * times];
        for (int i = 0; i < times; i++) System.arraycopy(bytes, at, block, i * length, length);
        return replaced(bytes, at, 0, block);
    }

    private static byte[] moved(byte[] bytes, int at, RandomGenerator random) {
        int length = length(bytes, at, random);
        System.arraycopy(bytes, at, bytes, random.nextInt(bytes.length - length + 1), length);
        return bytes;
    }

    private static byte[] replaced(byte[] bytes, int at, int removed, byte[] put) {
        byte[] result = new byte[bytes.length - removed + put.length];
        System.arraycopy(bytes, 0, result, 0, at);
        System.arraycopy(put, 0, result, at, put.length);
        System.arraycopy(bytes, at + removed, result, at + put.length, bytes.length - at - removed);
        return result;
    }
}
