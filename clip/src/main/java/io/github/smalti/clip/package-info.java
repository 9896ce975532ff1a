/// CLIP: texts and pictures as unit vectors of one space, so that a cosine says how well they fit.
///
/// ```java
/// try (Clip clip = Clip.load(Path.of("clip-vit-base-patch32"), Compute.shared(), Precision.F32)) {
///     float[] text = clip.embedTexts(List.of("a cat with a hat"))[0];
///     float[] image = clip.embedImages(List.of(raster))[0];
///     ClipScore score = clip.score(image, text);
/// }
/// ```
///
/// [io.github.smalti.clip.Clip] loads a model, [io.github.smalti.clip.Ranking] orders candidates,
/// [io.github.smalti.clip.ZeroShotClassifier] recognises classes that are named at run time, and
/// [io.github.smalti.clip.SemanticIndex] finds the nearest of many pictures and texts. [io.github.smalti.clip.Embeddings]
/// is the arithmetic of the space.
///
/// Source: Radford et al., "Learning transferable visual models from natural language supervision", arXiv 2103.00020.
package io.github.smalti.clip;
