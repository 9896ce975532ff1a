/// Layers of which model files are written: linear, norms, embedding, convolution, attention.
///
/// A layer holds weights and calls kernels; it cuts its outputs among the threads of a [io.github.smalti.core.Compute].
/// Activations are `float[]` in row-major order: (rows, features) for sequences, [FeatureMap] for pictures.
package io.github.smalti.core.layer;
