package io.github.smalti.weights.internal;

import io.github.smalti.weights.ReadLimits;
import io.github.smalti.weights.WeightsException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// A cursor over a pickle: every length is compared with the bytes left before anything is allocated.
final class PickleInput {
    private static final int MAX_INTEGER = 64;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE_UNALIGNED
            .withOrder(ByteOrder.BIG_ENDIAN);

    private final MappedFile file;
    private final MemorySegment bytes;
    private long position;
    private long textBytes;

    /// @param file  for messages
    /// @param bytes the pickle; what follows its STOP is not read
    PickleInput(MappedFile file, MemorySegment bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    /// How much the pickle may ask of its reader.
    ReadLimits limits() { return file.limits(); }

    /// Bytes read so far.
    long position() { return position; }

    /// Bytes from the start to the end.
    long size() { return bytes.byteSize(); }

    int unsignedByte() { return bytes.get(ValueLayout.JAVA_BYTE, take(1)) & 0xff; }

    int unsignedShort() { return unsignedByte() | unsignedByte() << 8; }

    int signedInt() { return bytes.get(INT, take(4)); }

    long unsignedInt() { return signedInt() & 0xffff_ffffL; }

    long signedLong() { return bytes.get(LONG, take(8)); }

    /// A float64, big endian as in BINFLOAT.
    double real() { return bytes.get(DOUBLE, take(8)); }

    /// A little-endian integer in two's complement; no bytes are zero.
    ///
    /// @param length its bytes
    BigInteger integer(long length) {
        if (length > MAX_INTEGER) throw fault("an integer of " + length + " bytes, at most " + MAX_INTEGER);
        long from = take(length);
        byte[] bigEndian = new byte[(int) length];
        for (int i = 0; i < length; i++) {
            bigEndian[(int) length - 1 - i] = bytes.get(ValueLayout.JAVA_BYTE, from + i);
        }
        return length == 0 ? BigInteger.ZERO : new BigInteger(bigEndian);
    }

    /// A text in UTF-8.
    ///
    /// @param length its bytes
    String text(long length) {
        byte[] raw = raw(length);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(raw)).toString();
        } catch (CharacterCodingException _) {
            throw fault("a text that is no valid UTF-8");
        }
    }

    /// A byte string of Python 2, which served as text.
    ///
    /// @param length its bytes
    String latin1(long length) { return new String(raw(length), StandardCharsets.ISO_8859_1); }

    /// Passes over bytes.
    ///
    /// @param length how many
    void skip(long length) { take(length); }

    /// Checks that bytes follow without reading them.
    ///
    /// @param length how many
    void require(long length) {
        if (length < 0 || length > size() - position) {
            throw fault("needs " + Long.toUnsignedString(length) + " bytes, but " + (size() - position) + " are left");
        }
    }

    /// A line, without its end.
    String line() {
        int most = limits().nameBytes();
        long end = position;
        while (end < size() && end - position <= most && bytes.get(ValueLayout.JAVA_BYTE, end) != '\n') end++;
        if (end == size() || end - position > most) throw fault("a line of more than " + most + " bytes");
        String line = text(end - position);
        skip(1);
        return line;
    }

    /// A fault at the current place.
    ///
    /// @param detail what was found
    WeightsException fault(String detail) { return file.fault("pickle, byte " + position + ": " + detail); }

    private byte[] raw(long length) {
        require(length);
        textBytes += length;
        if (textBytes > limits().pickleText()) throw fault("more than " + limits().pickleText() + " bytes of text");
        return bytes.asSlice(take(length), length).toArray(ValueLayout.JAVA_BYTE);
    }

    private long take(long length) {
        require(length);
        long from = position;
        position += length;
        return from;
    }
}
