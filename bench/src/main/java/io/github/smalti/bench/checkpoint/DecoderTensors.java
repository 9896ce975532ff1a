package io.github.smalti.bench.checkpoint;

import io.github.smalti.core.DType;
import java.util.List;

/// Tensors of a decoder-only transformer under PyTorch's names: `<name>.weight` (outputs, inputs) and `<name>.bias`.
///
/// Dense layers keep the size of their inputs (1/√inputs); logits have a standard deviation of 0.3 after the last norm, so
/// that thousands of codes are likely.
///
/// @param dtype   type of all of them
/// @param tensors what was added so far
record DecoderTensors(DType dtype, List<RandomTensor> tensors) {
    private static final double EMBEDDING_STD = 0.02;
    private static final double NORM_STD = 0.05;
    private static final double BIAS_STD = 0.02;
    private static final double LOGIT_STD = 0.3;

    private void add(String name, double mean, double std, int... shape) {
        tensors.add(new RandomTensor(name, dtype, mean, std, shape));
    }

    void embedding(String name, int rows, int features) { add(name + ".weight", 0, EMBEDDING_STD, rows, features); }

    void norm(String name, int features) {
        add(name + ".weight", 1, NORM_STD, features);
        add(name + ".bias", 0, NORM_STD, features);
    }

    void bias(String name, int outputs) { add(name + ".bias", 0, BIAS_STD, outputs); }

    void dense(String name, int outputs, int inputs) {
        add(name + ".weight", 0, 1 / Math.sqrt(inputs), outputs, inputs);
        bias(name, outputs);
    }

    void head(String name, int outputs, int inputs) {
        add(name + ".weight", 0, LOGIT_STD / Math.sqrt(inputs), outputs, inputs);
    }
}
