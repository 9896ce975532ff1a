package io.github.smalti.weights.internal;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/// Reads MessagePack values one after another; every length is compared with the bytes left before it is used.
///
/// Source: the MessagePack specification. Not thread-safe.
final class MsgpackCursor {
    /// Kinds of values that Flax trees are made of.
    enum Kind {
        NIL, BOOLEAN, INTEGER, FLOAT, STRING, BINARY, ARRAY, MAP, EXTENSION
    }

    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private final MappedFile file;
    private final MemorySegment bytes;
    private long at;

    /// Kind of the value whose head was read last.
    private Kind kind;
    /// Its length: bytes of a string, binary, extension or number, elements of an array or map.
    private long length;
    private long integer;
    private int extensionType;

    MsgpackCursor(MappedFile file, MemorySegment bytes) {
        this.file = file;
        this.bytes = bytes;
    }

    boolean atEnd() { return at == bytes.byteSize(); }

    long position() { return at; }

    long length() { return length; }

    long integer() { return integer; }

    int extensionType() { return extensionType; }

    /// Reads the head of the next value; strings, binaries, extensions and floats leave their bytes to be taken.
    Kind next() {
        int code = u8();
        if (code < 0x80) return integer(code);
        if (code < 0x90) return container(Kind.MAP, code & 0x0f);
        if (code < 0xa0) return container(Kind.ARRAY, code & 0x0f);
        if (code < 0xc0) return sized(Kind.STRING, code & 0x1f);
        if (code >= 0xe0) return integer((byte) code);
        return switch (code) {
            case 0xc0 -> sized(Kind.NIL, 0);
            case 0xc2, 0xc3 -> sized(Kind.BOOLEAN, 0);
            case 0xc4, 0xd9 -> sized(code == 0xc4 ? Kind.BINARY : Kind.STRING, u8());
            case 0xc5, 0xda -> sized(code == 0xc5 ? Kind.BINARY : Kind.STRING, u16());
            case 0xc6, 0xdb -> sized(code == 0xc6 ? Kind.BINARY : Kind.STRING, u32());
            case 0xc7 -> extension(u8());
            case 0xc8 -> extension(u16());
            case 0xc9 -> extension(u32());
            case 0xca -> sized(Kind.FLOAT, 4);
            case 0xcb -> sized(Kind.FLOAT, 8);
            case 0xcc -> integer(u8());
            case 0xcd -> integer(u16());
            case 0xce -> integer(u32());
            case 0xcf, 0xd3 -> integer(take(8).get(LONG, 0));
            case 0xd0 -> integer((byte) u8());
            case 0xd1 -> integer((short) u16());
            case 0xd2 -> integer((int) u32());
            case 0xd4, 0xd5, 0xd6, 0xd7, 0xd8 -> extension(1L << code - 0xd4);
            case 0xdc -> container(Kind.ARRAY, u16());
            case 0xdd -> container(Kind.ARRAY, u32());
            case 0xde -> container(Kind.MAP, u16());
            case 0xdf -> container(Kind.MAP, u32());
            default -> throw file.fault("not msgpack: byte 0x" + Integer.toHexString(code) + " at " + (at - 1));
        };
    }

    private Kind integer(long value) {
        integer = value;
        length = 0;
        return kind = Kind.INTEGER;
    }

    private Kind sized(Kind which, long size) {
        if (size > bytes.byteSize() - at) throw cutOff(size);
        length = size;
        return kind = which;
    }

    private Kind extension(long size) {
        extensionType = (byte) u8();
        return sized(Kind.EXTENSION, size);
    }

    private Kind container(Kind which, long count) {
        if (count > (bytes.byteSize() - at) / (which == Kind.MAP ? 2 : 1)) throw cutOff(count);
        length = count;
        return kind = which;
    }

    /// The bytes of the string, binary, extension or float whose head was read.
    MemorySegment takeBody() { return take(length); }

    /// The string whose head was read.
    String takeString(String what) {
        if (kind != Kind.STRING) throw file.fault(what + ": expected a string, found " + kind);
        if (length > file.limits().nameBytes())
            throw file.fault(what + " of " + length + " bytes, at most " + file.limits().nameBytes());
        try {
            ByteBuffer utf8 = takeBody().asByteBuffer();
            return StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
        } catch (CharacterCodingException _) {
            throw file.fault(what + " is not UTF-8");
        }
    }

    private MemorySegment take(long size) {
        if (size > bytes.byteSize() - at) throw cutOff(size);
        MemorySegment body = bytes.asSlice(at, size);
        at += size;
        return body;
    }

    private int u8() { return take(1).get(ValueLayout.JAVA_BYTE, 0) & 0xff; }

    private int u16() { return take(2).get(SHORT, 0) & 0xffff; }

    private long u32() { return take(4).get(INT, 0) & 0xffffffffL; }

    private RuntimeException cutOff(long size) {
        return file.fault(
                "a value of " + size + " at byte " + at + " goes beyond the end; the file is cut off or damaged");
    }
}
