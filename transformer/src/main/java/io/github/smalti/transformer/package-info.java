/// Transformers that read a text and draw image codes, one by one.
///
/// [CodeGenerator] is the stage, [CodeGenerators] loads whatever a folder holds:
///
/// | | what it is |
/// |---|---|
/// | [DalleBart] | DALL·E mini and mega: an encoder reads the prompt, a decoder draws 256 codes |
/// | [RuDalle] | one stream of text and 32 × 32 codes, sparse attention as in the first DALL·E |
/// | [MinDalle] | one stream of text (or a class) and 16 × 16 codes, dense attention |
///
/// Each code is conditioned on the prompt and on those before it. Guidance runs a second stream that reads another prompt
/// (usually the empty one) and moves the logits away from it. [Sampling] says how a code is drawn.
///
/// ```java
/// try (CodeGenerator bart = CodeGenerators.load(folder, Compute.shared(), Precision.F32)) {
///     Sampling sampling = Sampling.of(0.85f, 0, 1f);
///     CodeRequest request = new CodeRequest(prompt, emptyPrompt, sampling, 3f, 42L, new int[]{0, 1, 2});
///     int[][] codes = bart.generate(request, (tokensDone, soFar) -> true);
/// }
/// ```
///
/// Source: Dayma et al., "DALL·E mini", 2021; Ramesh et al., arXiv 2102.12092; NormFormer, arXiv 2110.09456.
package io.github.smalti.transformer;
