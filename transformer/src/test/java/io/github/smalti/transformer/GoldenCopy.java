package io.github.smalti.transformer;

import io.github.smalti.core.DType;
import io.github.smalti.core.TensorView;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/// A golden model's tensors, to be changed and written again as `model.safetensors` beside its configuration.
///
/// @param folder  the golden folder
/// @param tensors by name; floats only, buffers are left out
/// @param shapes  by name
record GoldenCopy(Path folder, Map<String, float[]> tensors, Map<String, long[]> shapes) {
    static GoldenCopy of(String folder, String file) {
        Path path = GoldenCase.path(folder);
        var copy = new GoldenCopy(path, new LinkedHashMap<>(), new LinkedHashMap<>());
        try (Checkpoint checkpoint = Checkpoints.open(path.resolve(file))) {
            for (String name : checkpoint.names()) {
                TensorView tensor = checkpoint.tensor(name);
                if (tensor.dtype().isFloat() && !name.endsWith("_mask"))
                    copy.put(name, tensor.toFloats(), tensor.shape());
            }
        }
        return copy;
    }

    void put(String name, float[] values, long... shape) {
        tensors.put(name, values);
        shapes.put(name, shape);
    }

    long count() { return tensors.values().stream().mapToLong(values -> values.length).sum(); }

    /// Writes the tensors and copies the configurations.
    void write(Path to) throws IOException {
        Files.deleteIfExists(to.resolve("model.safetensors"));
        SafetensorsWriter.write(to.resolve("model.safetensors"), tensors.entrySet().stream()
                .map(entry -> new SafetensorsWriter.Tensor(entry.getKey(), DType.F32,
                        view(entry.getValue(), shapes.get(entry.getKey()))))
                .collect(Collectors.toList()), Map.of());
        for (String config : new String[]{"config.json", "config.yaml"}) {
            if (!Files.exists(folder.resolve(config))) continue;
            Files.write(to.resolve(config), Files.readAllBytes(folder.resolve(config)));
        }
    }

    private static TensorView view(float[] values, long[] shape) {
        MemorySegment bytes = Arena.ofAuto().allocate(values.length * 4L, 4);
        MemorySegment.copy(values, 0, bytes, ValueLayout.JAVA_FLOAT, 0, values.length);
        return TensorView.contiguous(DType.F32, shape, bytes);
    }
}
