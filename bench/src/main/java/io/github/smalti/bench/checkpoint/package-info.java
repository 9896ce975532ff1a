/// Random checkpoints in the exact layouts of published models: names, shapes, element types and file formats.
///
/// [RandomModel] names the published sizes; [RandomDalleBart], [RandomVqgan], [RandomGumbelVqgan], [RandomOpenAiDvae] and
/// [RandomClip] describe a family's tensors at any size as a list of [RandomTensor], and [RandomFile] streams such a list
/// into a file without holding it in memory.
///
/// ```java
/// RandomModel.MINI.write(folder, DType.F16, 1L, (done, total) -> {});
/// ```
package io.github.smalti.bench.checkpoint;
