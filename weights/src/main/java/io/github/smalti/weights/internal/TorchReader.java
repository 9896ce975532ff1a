package io.github.smalti.weights.internal;

import io.github.smalti.weights.WeightsException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/// PyTorch's files: zip archives of `torch.save` (`.pt`, `.pth`, `.bin`, `.ckpt`), TorchScript archives, and the older
/// form without zip.
///
/// All run the one [PickleMachine], so nothing of a file is ever executed. Tensors are slices of the mapping.
public final class TorchReader {
    private TorchReader() {}

    /// Whether a file begins like a zip or like PyTorch's older form.
    ///
    /// @param bytes the file
    public static boolean recognises(MemorySegment bytes) { return isZip(bytes) || TorchLegacy.recognises(bytes); }

    /// Reads the pickle and finds its tensors.
    ///
    /// @param file the mapped file; closed with the result
    /// @return its tensors
    /// @throws WeightsException if the file is damaged, hostile, calls what is not allowed or holds no tensors
    public static TensorTable read(MappedFile file) {
        if (!isZip(file.bytes())) {
            return new TensorTable(file, "PyTorch (before 1.6)", new TorchLegacy(file).tensors());
        }
        TorchArchive archive = new TorchArchive(file);
        checkByteOrder(file, archive);
        PickleValue top = new PickleMachine(new PickleInput(file, pickle(file, archive)), false).run();
        TorchTensors tensors = new TorchTensors(file, storage -> {
            String path = "data/" + storage.key();
            return archive.has(path) ? Optional.of(archive.record(path)) : Optional.empty();
        });
        String format = archive.has("constants.pkl") ? "TorchScript" : "PyTorch";
        return new TensorTable(file, format, tensors.below(top));
    }

    /// Every class and function that a file's pickle names, in order of first use.
    ///
    /// A hostile pickle does not fail: its calls are listed as `refused`. Of a malformed one the names up to the fault
    /// are listed; [#read] reports the fault.
    ///
    /// @param file the mapped file
    /// @return the names with their verdicts
    /// @throws WeightsException if the archive around the pickle is damaged
    public static List<GlobalUse> globals(MappedFile file) {
        MemorySegment pickle = isZip(file.bytes())
                ? pickle(file, new TorchArchive(file))
                : new TorchLegacy(file).rest();
        PickleMachine machine = new PickleMachine(new PickleInput(file, pickle), true);
        try {
            machine.run();
        } catch (WeightsException _) {
            // What the pickle named so far is the answer.
        }
        return machine.globals();
    }

    private static boolean isZip(MemorySegment bytes) {
        if (bytes.byteSize() < 4 || bytes.get(ValueLayout.JAVA_BYTE, 0) != 'P'
                || bytes.get(ValueLayout.JAVA_BYTE, 1) != 'K') {
            return false;
        }
        int kind = bytes.get(ValueLayout.JAVA_BYTE, 2);
        return (kind == 3 || kind == 5) && bytes.get(ValueLayout.JAVA_BYTE, 3) == kind + 1;
    }

    private static MemorySegment pickle(MappedFile file, TorchArchive archive) {
        MemorySegment pickle = archive.record("data.pkl");
        if (pickle.byteSize() > file.limits().pickleBytes()) {
            throw file.fault("data.pkl of " + pickle.byteSize() + " bytes, at most "
                    + file.limits().pickleBytes());
        }
        return archive.checkedRecord("data.pkl");
    }

    private static void checkByteOrder(MappedFile file, TorchArchive archive) {
        if (!archive.has("byteorder")) return;
        MemorySegment record = archive.record("byteorder");
        long length = Math.min(16, record.byteSize());
        String order = new String(record.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.US_ASCII);
        if (!order.strip().equals("little")) {
            throw file.fault("byte order \"" + order + "\" is not supported, expected \"little\"; save it again on a "
                    + "little-endian machine");
        }
    }
}
