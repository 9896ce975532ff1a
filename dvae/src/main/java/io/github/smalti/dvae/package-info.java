/// Image codecs, the last stage of drawing: image codes to pixels, and pixels to codes.
///
/// [io.github.smalti.dvae.Vqgan] is the codec of DALL·E mini, minDALL-E and ruDALL-E:
///
/// ```java
/// try (Vqgan codec = Vqgan.load(folder, Compute.shared())) {
///     Pixels picture = codec.decode(codes, codec.gridRows(), codec.gridCols());
/// }
/// ```
///
/// Source: Esser, Rombach, Ommer, "Taming transformers for high-resolution image synthesis", arXiv 2012.09841.
package io.github.smalti.dvae;
