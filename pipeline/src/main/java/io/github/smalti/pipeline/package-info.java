/// From a sentence to ranked pictures.
///
/// [TextToImage] is a loaded model, [GenerationOptions] say what to draw and how, [GeneratedImages] are the answer, best
/// first, and each [RankedImage] carries an [ImageRecord] of how it was made. [Progress] and [Cancellation] watch and end
/// a call.
///
/// ```java
/// try (var model = TextToImage.embedded()) {
///     for (RankedImage image : model.generate("a cat with a hat", options -> options.images(8).seed(7))) {
///         image.writePng(Path.of(image.rank() + ".png"));
///     }
/// }
/// ```
///
/// Source: Dayma et al., DALL·E mini, with Radford et al., CLIP, arXiv 2103.00020, to rank.
package io.github.smalti.pipeline;
