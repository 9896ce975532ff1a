package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Precision;
import io.github.smalti.weights.WeightsException;
import java.nio.file.Path;

/// Loads whatever draws codes, recognised by the files of its folder.
///
/// | family | recognised by |
/// |---|---|
/// | [DalleBart] | `flax_model.msgpack`, `encoder.pt` and `decoder.pt` (or `_mini`), or `model.safetensors` of no other family |
/// | [RuDalle] | `pytorch_model.bin` (`_v2`, `_v3`), the same as `.safetensors`, or `model.safetensors`, with the embeddings of an image's rows |
/// | [MinDalle] | `stage2_last.ckpt` or `.safetensors`, or `model.safetensors` with minDALL-E's embeddings of codes |
public final class CodeGenerators {
    private CodeGenerators() {}

    /// Loads a model.
    ///
    /// @param folder    the model's folder, as published
    /// @param compute   what to compute with
    /// @param precision how the matrices are packed
    /// @return the model; the caller closes it
    /// @throws io.github.smalti.weights.WeightsException if the folder holds no model that is known here, or a file is
    ///                                                   missing, damaged or of another shape
    public static CodeGenerator load(Path folder, Compute compute, Precision precision) {
        return files(folder).load(compute, precision);
    }

    /// What loading and drawing will need, before anything is loaded.
    ///
    /// @param folder    as for [#load]
    /// @param precision how the matrices are packed
    /// @param images    images drawn at once
    /// @param guided    whether there is a second stream
    /// @return mapped and packed weights, cache and scratch
    /// @throws io.github.smalti.weights.WeightsException as for [#load]
    public static MemoryPlan plan(Path folder, Precision precision, int images, boolean guided) {
        return files(folder).plan(precision, images, guided);
    }

    private static GeneratorFiles files(Path folder) {
        if (MinDalleFiles.isIn(folder)) return MinDalleFiles.in(folder);
        if (RuDalleFiles.isIn(folder)) return RuDalleFiles.in(folder);
        if (DalleBartFiles.isIn(folder)) return DalleBartFiles.in(folder);
        throw new WeightsException(folder.toString(), "", "no transformer that draws codes here: expected "
                + DalleBartFiles.EXPECTED + " (DALL·E mini); or " + RuDalleFiles.EXPECTED + " (ruDALL-E); or "
                + MinDalleFiles.EXPECTED + " (minDALL-E)");
    }
}
