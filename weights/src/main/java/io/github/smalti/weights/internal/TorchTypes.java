package io.github.smalti.weights.internal;

import io.github.smalti.core.DType;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// Names of PyTorch's storage classes and element types.
final class TorchTypes {
    private static final Map<String, DType> STORAGES = Map.of("torch.FloatStorage", DType.F32, "torch.HalfStorage",
            DType.F16, "torch.BFloat16Storage", DType.BF16, "torch.DoubleStorage", DType.F64, "torch.LongStorage",
            DType.I64, "torch.IntStorage", DType.I32, "torch.ShortStorage", DType.I16, "torch.CharStorage", DType.I8,
            "torch.ByteStorage", DType.U8, "torch.BoolStorage", DType.BOOL);
    private static final Map<String, DType> DTYPES = dtypes();

    private TorchTypes() {}

    private static Map<String, DType> dtypes() {
        Map<String, DType> names = new HashMap<>();
        names.put("torch.float32", DType.F32);
        names.put("torch.float16", DType.F16);
        names.put("torch.bfloat16", DType.BF16);
        names.put("torch.float64", DType.F64);
        names.put("torch.int64", DType.I64);
        names.put("torch.int32", DType.I32);
        names.put("torch.int16", DType.I16);
        names.put("torch.int8", DType.I8);
        names.put("torch.uint8", DType.U8);
        names.put("torch.bool", DType.BOOL);
        return Map.copyOf(names);
    }

    /// Whether a name is data for us: a storage class or element type.
    static boolean isTypeName(String name) {
        return STORAGES.containsKey(name) || DTYPES.containsKey(name) || isUntyped(name);
    }

    /// Whether a storage counts bytes, so that the tensor names its element type itself.
    static boolean isUntyped(String storage) {
        return storage.equals("torch.UntypedStorage") || storage.equals("torch.storage.UntypedStorage");
    }

    /// The element type of a storage class.
    static Optional<DType> ofStorage(String name) {
        return isUntyped(name) ? Optional.of(DType.U8) : Optional.ofNullable(STORAGES.get(name));
    }

    /// The element type of a dtype's name.
    static Optional<DType> ofDtype(String name) { return Optional.ofNullable(DTYPES.get(name)); }
}
