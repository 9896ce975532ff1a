package io.github.smalti.weights.internal;

import io.github.smalti.core.DType;
import io.github.smalti.core.TensorView;
import io.github.smalti.weights.internal.PickleValue.Dict;
import io.github.smalti.weights.internal.PickleValue.Flag;
import io.github.smalti.weights.internal.PickleValue.Huge;
import io.github.smalti.weights.internal.PickleValue.Sequence;
import io.github.smalti.weights.internal.PickleValue.Storage;
import io.github.smalti.weights.internal.PickleValue.Text;
import io.github.smalti.weights.internal.PickleValue.Whole;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// PyTorch's form before 1.6: five pickles (magic number, protocol, system, object, storage keys), then for each key an
/// i64 element count and the elements. Source: `torch/serialization.py`, `_legacy_load`.
final class TorchLegacy {
    private static final byte[] BEGIN = {(byte) 0x80, 2, (byte) 0x8a, 10};
    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long PROTOCOL = 1001;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MappedFile file;
    private long position;

    /// Reads the first three pickles.
    ///
    /// @param file the mapped file
    TorchLegacy(MappedFile file) {
        this.file = file;
        if (!recognises(file.bytes())) {
            throw file.fault("expected a checkpoint of PyTorch, found neither a zip nor PyTorch's older form");
        }
        if (!(next() instanceof Huge magic) || !magic.value().equals(MAGIC)) {
            throw file.fault("the magic number of PyTorch's older form is missing");
        }
        if (!(next() instanceof Whole protocol) || protocol.value() != PROTOCOL) {
            throw file.fault("an unknown protocol of PyTorch's older form, expected " + PROTOCOL);
        }
        if (!(next() instanceof Dict system) || !(system.entries().get("little_endian") instanceof Flag little)
                || !little.value()) {
            throw file.fault("expected a file written on a little-endian machine");
        }
    }

    /// Whether a file begins with the magic number's pickle.
    ///
    /// @param bytes the file
    static boolean recognises(MemorySegment bytes) {
        byte[] magic = MAGIC.toByteArray();
        if (bytes.byteSize() < BEGIN.length + magic.length) return false;
        for (int i = 0; i < BEGIN.length; i++) { if (bytes.get(ValueLayout.JAVA_BYTE, i) != BEGIN[i]) return false; }
        for (int i = 0; i < magic.length; i++) {
            if (bytes.get(ValueLayout.JAVA_BYTE, BEGIN.length + i) != magic[magic.length - 1 - i]) return false;
        }
        return true;
    }

    /// The tensors of the object, which is the fourth pickle.
    Map<String, Supplier<TensorView>> tensors() {
        PickleInput input = new PickleInput(file, rest());
        PickleMachine machine = new PickleMachine(input, false);
        PickleValue top = machine.run();
        position += input.position();
        Map<String, MemorySegment> records = records(machine.storages());
        return new TorchTensors(file, storage -> Optional.ofNullable(records.get(storage.key()))).below(top);
    }

    /// The object's pickle.
    MemorySegment rest() { return file.bytes().asSlice(position); }

    private PickleValue next() {
        PickleInput input = new PickleInput(file, rest());
        PickleValue value = new PickleMachine(input, false).run();
        position += input.position();
        return value;
    }

    private Map<String, MemorySegment> records(Map<String, Storage> storages) {
        if (!(next() instanceof Sequence keys)) throw file.fault("expected a list of storage keys after the object");
        Map<String, MemorySegment> records = new HashMap<>();
        for (PickleValue value : keys.values()) {
            if (!(value instanceof Text key) || !storages.containsKey(key.value())) {
                throw file.fault("the list of storages holds " + value.kind() + ", which no tensor uses");
            }
            MemorySegment record = record(storages.get(key.value()));
            if (records.put(key.value(), record) != null) throw file.fault("storage " + key.value() + " comes twice");
        }
        if (position != file.size()) throw file.fault((file.size() - position) + " bytes follow the last storage");
        return records;
    }

    private MemorySegment record(Storage storage) {
        String type = storage.type().fullName();
        DType unit = TorchTypes.ofStorage(type)
                .orElseThrow(() -> file.fault("storage class " + type + " is not supported"));
        long left = file.size() - position - Long.BYTES;
        long count = left < 0 ? -1 : file.bytes().get(LONG, position);
        if (count < 0 || count > left / unit.bytes() || count != storage.count()) {
            throw file.fault("storage " + storage.key() + " should have " + storage.count() + " elements, but has "
                    + count + ", and " + Math.max(0, left) + " bytes are left; the file is cut off or damaged");
        }
        MemorySegment record = file.bytes().asSlice(position + Long.BYTES, count * unit.bytes());
        position += Long.BYTES + record.byteSize();
        return record;
    }
}
