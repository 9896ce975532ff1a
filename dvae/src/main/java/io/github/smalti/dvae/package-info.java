/// Image codecs, the last stage of drawing: image codes to pixels, and pixels to codes.
///
/// [io.github.smalti.dvae.ImageCodecs] loads any of them: [io.github.smalti.dvae.Vqgan] is the codec of DALL·E mini,
/// minDALL-E and ruDALL-E, [io.github.smalti.dvae.OpenAiDvae] that of the first DALL·E.
///
/// ```java
/// try (ImageCodec codec = ImageCodecs.load(folder, Compute.shared(), CodecOptions.DEFAULT)) {
///     Pixels picture = codec.decode(codes, codec.gridRows(), codec.gridCols());
/// }
/// ```
///
/// Sources: Esser, Rombach, Ommer, "Taming transformers for high-resolution image synthesis", arXiv 2012.09841; Ramesh et
/// al., "Zero-shot text-to-image generation", arXiv 2102.12092.
package io.github.smalti.dvae;
