package io.github.smalti.pipeline;

import io.github.smalti.core.Precision;

/// Which model draws.
///
/// @param name      name of its folder
/// @param sha256    64 hexadecimal digits: the SHA-256 of the lines `<sha256 of the file>  <part>/<file name>\n` of
///                  all checkpoint, configuration and vocabulary files of the parts `dalle` and `vqgan`, and of a
///                  folder `tokenizer` inside of them, sorted by name. CLIP is not among them: it ranks pictures and draws none
/// @param precision how the weights lie in memory, which pictures depend on
public record ModelInfo(String name, String sha256, Precision precision) {}
