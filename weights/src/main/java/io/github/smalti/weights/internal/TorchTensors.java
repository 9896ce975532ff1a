package io.github.smalti.weights.internal;

import io.github.smalti.core.DType;
import io.github.smalti.core.TensorView;
import io.github.smalti.weights.internal.PickleValue.Dict;
import io.github.smalti.weights.internal.PickleValue.GlobalName;
import io.github.smalti.weights.internal.PickleValue.InertObject;
import io.github.smalti.weights.internal.PickleValue.None;
import io.github.smalti.weights.internal.PickleValue.Sequence;
import io.github.smalti.weights.internal.PickleValue.Storage;
import io.github.smalti.weights.internal.PickleValue.TensorRef;
import io.github.smalti.weights.internal.PickleValue.Whole;
import io.github.smalti.weights.ReadLimits;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/// Finds the tensors of an unpickled object, names them as PyTorch's state dict would, and checks each against its
/// storage.
///
/// Walks dictionaries, attributes of TorchScript objects, and `_parameters`, `_buffers` and `_modules` of pickled
/// modules. A dictionary with an entry `state_dict` (PyTorch Lightning) stands for that entry. Lists are not walked.
final class TorchTensors {
    private static final int VISITS_OF_A_TENSOR = 10;

    private final MappedFile file;
    private final ReadLimits limits;
    private final Function<Storage, Optional<MemorySegment>> records;
    private final Map<String, Supplier<TensorView>> tensors = new LinkedHashMap<>();
    private long visits;

    /// @param file    for messages
    /// @param records the bytes of a storage, if the file has them
    TorchTensors(MappedFile file, Function<Storage, Optional<MemorySegment>> records) {
        this.file = file;
        this.limits = file.limits();
        this.records = records;
    }

    /// All tensors below an object.
    ///
    /// @param top what the pickle holds
    /// @return name to view, in the file's order
    Map<String, Supplier<TensorView>> below(PickleValue top) {
        boolean isWrapped = top instanceof Dict dict && dict.entries().get("state_dict") instanceof Dict;
        walk("", isWrapped ? ((Dict) top).entries().get("state_dict") : top, 0);
        if (tensors.isEmpty()) { throw file.fault("expected a state dict, found " + top.kind() + " without tensors"); }
        return tensors;
    }

    private void walk(String name, PickleValue value, int level) {
        if (level > limits.depth()) throw file.fault("objects nested deeper than " + limits.depth() + " levels");
        switch (value) {
            case TensorRef tensor -> add(name, tensor);
            case Dict dict -> walkEntries(name, dict, level);
            case InertObject object -> walkObject(name, object, level);
            default -> {
                // Numbers, texts and lists beside the tensors: epochs, options, optimiser states.
            }
        }
    }

    private void walkEntries(String name, Dict dict, int level) {
        String prefix = name.isEmpty() ? "" : name + ".";
        dict.entries().forEach((key, value) -> {
            if (++visits > (long) VISITS_OF_A_TENSOR * limits.tensors()) {
                throw file.fault("more than " + (visits - 1) + " attributes");
            }
            if (!(value instanceof TensorRef || value instanceof Dict || value instanceof InertObject)) return;
            if (prefix.length() + key.length() > limits.nameBytes()) {
                throw file.fault("a tensor's name of more than " + limits.nameBytes() + " characters");
            }
            walk(prefix + key, value, level + 1);
        });
    }

    private void walkObject(String name, InertObject object, int level) {
        PickleValue state = object.state();
        if (state instanceof Sequence s && s.values().size() == 2) state = s.values().getFirst();
        if (!(state instanceof Dict attributes)) return;
        if (!attributes.entries().containsKey("_modules")) {
            walkEntries(name, attributes, level);
            return;
        }
        for (String part : List.of("_parameters", "_buffers", "_modules")) {
            if (attributes.entries().get(part) instanceof Dict dict) walkEntries(name, dict, level);
        }
    }

    private void add(String name, TensorRef tensor) {
        if (tensors.size() >= limits.tensors()) throw file.fault("more than " + limits.tensors() + " tensors");
        TensorView view = view(name, tensor);
        if (tensors.putIfAbsent(name, () -> view) != null) throw file.fault(name, "two tensors of this name");
    }

    private TensorView view(String name, TensorRef tensor) {
        if (!(tensor.storage() instanceof Storage storage)) {
            throw file.fault(name, "made of " + tensor.storage().kind() + ", expected a storage");
        }
        MemorySegment data = data(name, storage);
        DType dtype = dtype(name, storage, tensor.dtype());
        long[] size = numbers(name, "size", tensor.size());
        long[] stride = numbers(name, "stride", tensor.stride());
        if (size.length != stride.length || size.length > limits.rank()) {
            throw file.fault(name, size.length + " sizes and " + stride.length + " strides, expected as many, at most "
                    + limits.rank());
        }
        if (!(tensor.offset() instanceof Whole offset)) {
            throw file.fault(name, "begins at " + tensor.offset().kind() + ", expected a number");
        }
        checkGeometry(name, data.byteSize() / dtype.bytes(), offset.value(), size, stride);
        return new TensorView(dtype, size, stride, data, offset.value());
    }

    /// Every element lies in the storage, and none is repeated so often that a few bytes become a huge tensor.
    private void checkGeometry(String name, long stored, long offset, long[] size, long[] stride) {
        String shape = TensorView.describe(null, size) + " with strides " + TensorView.describe(null, stride);
        try {
            long count = 1;
            long bound = 1;
            long last = offset;
            for (int axis = 0; axis < size.length; axis++) {
                if (size[axis] < 0 || stride[axis] < 0) throw file.fault(name, "negative sizes or strides: " + shape);
                count = Math.multiplyExact(count, size[axis]);
                bound = Math.multiplyExact(bound, Math.max(1, size[axis]));
                last = Math.addExact(last, Math.multiplyExact(Math.max(0, size[axis] - 1), stride[axis]));
            }
            if (offset < 0 || offset > stored || count > 0 && last >= stored) {
                throw file.fault(name, shape + " from element " + offset + " does not lie in a storage of " + stored);
            }
            if (count > stored) {
                throw file.fault(name, shape + " repeats the " + stored + " elements of its storage; save a copy "
                        + "(tensor.contiguous()) instead of the expanded view");
            }
        } catch (ArithmeticException _) {
            throw file.fault(name, shape + " overflows");
        }
    }

    private MemorySegment data(String name, Storage storage) {
        DType unit = TorchTypes.ofStorage(storage.type().fullName()).orElseThrow(() -> file.fault(name,
                "storage class " + storage.type().fullName() + " is not supported; expected torch.FloatStorage or its "
                        + "like"));
        MemorySegment record = records.apply(storage)
                .orElseThrow(() -> file.fault(name, "the file has no data for its storage " + storage.key()));
        long count = storage.count();
        if (count < 0 || record.byteSize() % unit.bytes() != 0 || record.byteSize() / unit.bytes() != count) {
            throw file.fault(name, "storage " + storage.key() + " should have " + count + " elements of " + unit.bytes()
                    + " bytes, but its record has " + record.byteSize() + " bytes");
        }
        long begin = storage.viewBegin();
        long length = storage.viewCount();
        if (begin < 0 || length < 0 || begin > count || length > count - begin) {
            throw file.fault(name, "a view of elements " + begin + " and " + length + " more in a storage of " + count);
        }
        return record.asSlice(begin * unit.bytes(), length * unit.bytes());
    }

    private DType dtype(String name, Storage storage, PickleValue dtype) {
        if (dtype instanceof GlobalName global) {
            return TorchTypes.ofDtype(global.fullName()).orElseThrow(() -> file.fault(name,
                    "element type " + global.fullName() + " is not supported"));
        }
        if (dtype != None.NONE || TorchTypes.isUntyped(storage.type().fullName())) {
            throw file.fault(name, "an untyped storage with " + dtype.kind() + " for an element type");
        }
        return TorchTypes.ofStorage(storage.type().fullName()).orElseThrow();
    }

    private long[] numbers(String name, String what, PickleValue value) {
        if (!(value instanceof Sequence sequence)) {
            throw file.fault(name, "its " + what + " is " + value.kind() + ", expected a tuple of numbers");
        }
        if (sequence.values().size() > limits.rank()) {
            throw file.fault(name, "rank " + sequence.values().size() + ", at most " + limits.rank());
        }
        return sequence.values().stream().mapToLong(v -> {
            if (v instanceof Whole whole) return whole.value();
            throw file.fault(name, "its " + what + " holds " + v.kind() + ", expected numbers");
        }).toArray();
    }
}
