package io.github.smalti.weights;

import io.github.smalti.weights.internal.FlaxReader;
import io.github.smalti.weights.internal.MappedFile;
import io.github.smalti.weights.internal.SafetensorsReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// Opens checkpoint files, whatever their format; it is recognised by content, never by name.
public final class Checkpoints {
    private Checkpoints() {}

    /// Maps a file read-only and reads its names and shapes; tensors are read when they are asked for.
    ///
    /// @param path the file
    /// @return the open checkpoint; the caller closes it
    /// @throws WeightsException if the file is missing, damaged, hostile or of no known format
    public static Checkpoint open(Path path) {
        MappedFile file = MappedFile.open(path);
        boolean opened = false;
        try {
            Checkpoint checkpoint = read(file);
            opened = true;
            return checkpoint;
        } finally {
            if (!opened) file.close();
        }
    }

    private static Checkpoint read(MappedFile file) {
        MemorySegment bytes = file.bytes();
        if (SafetensorsReader.recognises(bytes)) return SafetensorsReader.read(file);
        int first = bytes.get(ValueLayout.JAVA_BYTE, 0) & 0xff;
        boolean msgpackMap = first >= 0x80 && first < 0x90 || first == 0xde || first == 0xdf;
        if (msgpackMap && !startsLikePickle(bytes)) return FlaxReader.read(file);
        throw file.fault(whatItLooksLike(bytes) + "; expected safetensors, Flax msgpack or a PyTorch archive");
    }

    /// A pickle begins with opcode PROTO (0x80) and a version of at most 5; an empty msgpack map is 0x80 alone.
    private static boolean startsLikePickle(MemorySegment bytes) {
        return bytes.byteSize() > 2 && (bytes.get(ValueLayout.JAVA_BYTE, 0) & 0xff) == 0x80
                && bytes.get(ValueLayout.JAVA_BYTE, 1) <= 5;
    }

    private static String whatItLooksLike(MemorySegment bytes) {
        int length = (int) Math.min(300, bytes.byteSize());
        byte[] head = bytes.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        String text = new String(head, StandardCharsets.ISO_8859_1);
        if (text.startsWith("version https://git-lfs")) {
            return "this is a Git LFS pointer, not the file itself; fetch it with `git lfs pull`";
        }
        String lower = text.stripLeading().toLowerCase(java.util.Locale.ROOT);
        if (lower.startsWith("<!doctype") || lower.startsWith("<html")) {
            return "this is a web page, not a checkpoint; download the file itself";
        }
        if (length > 262 && text.startsWith("ustar", 257)) return "this is a tar archive; unpack it first";
        if (text.startsWith("\u001f\u008b")) return "this is a gzip file; unpack it first";
        return "not a checkpoint of a known format";
    }
}
