/// Transformers that read a text and draw image codes, one by one.
///
/// [CodeGenerator] is the stage; [DalleBart] is DALL·E mini and mega: an encoder reads the prompt, a decoder draws 256
/// codebook entries, each conditioned on the prompt and on those before it. Guidance runs a second stream that reads
/// another prompt (usually the empty one) and moves the logits away from it. [Sampling] says how a code is drawn.
///
/// ```java
/// try (CodeGenerator bart = DalleBart.load(folder, Compute.shared(), Precision.F32)) {
///     Sampling sampling = Sampling.of(0.85f, 0, 1f);
///     CodeRequest request = new CodeRequest(prompt, emptyPrompt, sampling, 3f, 42L, new int[]{0, 1, 2});
///     int[][] codes = bart.generate(request, (tokensDone, soFar) -> true);
/// }
/// ```
///
/// Source: Dayma et al., "DALL·E mini", 2021; Ramesh et al., arXiv 2102.12092; NormFormer, arXiv 2110.09456.
package io.github.smalti.transformer;
