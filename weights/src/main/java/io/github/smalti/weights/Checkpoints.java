package io.github.smalti.weights;

import io.github.smalti.core.TensorView;
import io.github.smalti.weights.internal.CheckpointFolder;
import io.github.smalti.weights.internal.FlaxReader;
import io.github.smalti.weights.internal.GlobalUse;
import io.github.smalti.weights.internal.MappedFile;
import io.github.smalti.weights.internal.MappingFault;
import io.github.smalti.weights.internal.SafetensorsReader;
import io.github.smalti.weights.internal.ShardedSafetensors;
import io.github.smalti.weights.internal.TarReader;
import io.github.smalti.weights.internal.TensorTable;
import io.github.smalti.weights.internal.TorchReader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Opens checkpoint files, whatever their format; it is recognised by content, never by name.
///
/// A checkpoint in several safetensors files is opened by its index, `model.safetensors.index.json`, or by its folder; of
/// a folder without index `model.safetensors`, `flax_model.msgpack`, `pytorch_model.bin` or its only checkpoint is opened.
public final class Checkpoints {
    private Checkpoints() {}

    /// Opens a file within the default limits, see [#open(Path, ReadLimits)].
    ///
    /// @param path the file, or a folder with one checkpoint
    /// @return the open checkpoint; the caller closes it
    /// @throws WeightsException if the file is missing, damaged, hostile or of no known format
    public static Checkpoint open(Path path) { return open(path, ReadLimits.DEFAULT); }

    /// Maps a file read-only and reads its names and shapes; tensors are read when they are asked for.
    ///
    /// @param path   the file, or a folder with one checkpoint
    /// @param limits how much the file may ask of its reader
    /// @return the open checkpoint; the caller closes it
    /// @throws WeightsException if the file, or one that an index names, is missing, damaged, hostile or of no known
    ///         format
    public static Checkpoint open(Path path, ReadLimits limits) {
        MappedFile file = MappedFile.open(CheckpointFolder.resolve(path), limits);
        boolean opened = false;
        try {
            Checkpoint checkpoint = MappingFault.guard(file.name(), () -> PackedTensors.recognise(read(file)));
            opened = true;
            return checkpoint;
        } finally {
            if (!opened) file.close();
        }
    }

    /// Bytes of the files that a checkpoint lies in: its own, or an index and the files that it names.
    ///
    /// @param path the file, or a folder with one checkpoint
    /// @return the sum of their lengths
    /// @throws WeightsException if a file is missing, or an index is damaged
    public static long byteSize(Path path) {
        try (MappedFile file = MappedFile.open(CheckpointFolder.resolve(path), ReadLimits.DEFAULT)) {
            if (!ShardedSafetensors.recognises(file.bytes())) return file.size();
            try (TensorTable table = ShardedSafetensors.read(file)) {
                return table.byteSize();
            }
        }
    }

    /// What a file is, within the default limits, see [#describe(Path, ReadLimits)].
    ///
    /// @param path the file, or a folder with one checkpoint
    /// @return its description
    /// @throws WeightsException if the file is missing or of no known format
    public static CheckpointDescription describe(Path path) { return describe(path, ReadLimits.DEFAULT); }

    /// What a file is, for people: it reports an evil pickle as refused instead of failing.
    ///
    /// @param path   the file, or a folder with one checkpoint
    /// @param limits how much the file may ask of its reader
    /// @return its description
    /// @throws WeightsException if the file is missing or of no known format
    public static CheckpointDescription describe(Path path, ReadLimits limits) {
        try (MappedFile file = MappedFile.open(CheckpointFolder.resolve(path), limits)) {
            return MappingFault.guard(file.name(), () -> describe(file));
        }
    }

    private static CheckpointDescription describe(MappedFile file) {
        boolean torch = isTorch(file);
        List<CheckpointDescription.Global> globals = new ArrayList<>();
        try {
            if (torch) {
                for (GlobalUse use : TorchReader.globals(file)) {
                    globals.add(new CheckpointDescription.Global(use.name(), use.verdict()));
                }
            }
            try (TensorTable table = read(file)) {
                return described(table, PackedTensors.recognise(table).format(), globals);
            }
        } catch (WeightsException e) {
            if (!torch) throw e;
            return new CheckpointDescription(file.name(), "PyTorch", file.size(), List.of(), globals,
                    e.getMessage());
        }
    }

    private static CheckpointDescription described(TensorTable table, String format,
            List<CheckpointDescription.Global> globals) {
        List<CheckpointDescription.Tensor> tensors = new ArrayList<>();
        for (String name : table.names()) {
            TensorView view = table.tensor(name);
            tensors.add(new CheckpointDescription.Tensor(name, view.dtype(), view.shape()));
        }
        return new CheckpointDescription(table.file(), format, table.byteSize(), tensors, globals, "");
    }

    private static boolean isTorch(MappedFile file) {
        return !SafetensorsReader.recognises(file.bytes()) && TorchReader.recognises(file.bytes());
    }

    private static TensorTable read(MappedFile file) {
        MemorySegment bytes = file.bytes();
        if (SafetensorsReader.recognises(bytes)) return SafetensorsReader.read(file);
        if (TorchReader.recognises(bytes)) return TorchReader.read(file);
        if (ShardedSafetensors.recognises(bytes)) return ShardedSafetensors.read(file);
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
        if (text.startsWith(TarReader.MAGIC, TarReader.MAGIC_AT)) return "this is a tar archive; unpack it first";
        if (text.startsWith("\u001f\u008b")) return "this is a gzip file; unpack it first";
        return "not a checkpoint of a known format";
    }
}
