package io.github.smalti.weights.hub;

/// What a repository or folder is used for; it decides which of its files are needed.
public enum ModelPart {
    /// Text to codes, with its tokenizer: `flax_model.msgpack`, else `model.safetensors`, else the PyTorch port's pair.
    TRANSFORMER,
    /// Codes to pixels: `flax_model.msgpack`, else a `*.ckpt` with its `*.yaml`, else `model.safetensors`, else
    /// `detoker.pt`.
    CODEC,
    /// Pictures and texts to scores: `model.safetensors`, else `pytorch_model.bin`, else a `*.pt`.
    CLIP,
    /// Anything: `model.safetensors`, else its shards, else `flax_model.msgpack`, else `pytorch_model.bin` or other
    /// PyTorch files.
    ANY
}
