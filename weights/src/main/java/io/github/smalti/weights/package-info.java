/// Checkpoints of the model families: safetensors, Flax msgpack, PyTorch archives.
///
/// [Checkpoints#open] recognises the format and maps the file; [Weights] gives a model its tensors by path and
/// expected shape, so that a wrong checkpoint fails at load with file, tensor, expected and found shape.
package io.github.smalti.weights;
