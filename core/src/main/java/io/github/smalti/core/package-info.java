/// Tensors as they lie in files, packed matrices, the worker team and counter-based random numbers.
///
/// Activations are plain `float[]`; weights are [TensorView]s of a mapped file until
/// `PackedMatrix.pack` copies the hot ones into panels of 16 output columns in native memory.
package io.github.smalti.core;
