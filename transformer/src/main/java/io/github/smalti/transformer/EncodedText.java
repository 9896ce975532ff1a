package io.github.smalti.transformer;

/// An encoded prompt.
///
/// @param hidden (length or more, dModel)
/// @param length how many rows the decoder attends to
record EncodedText(float[] hidden, int length) {}
