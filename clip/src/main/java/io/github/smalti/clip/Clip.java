package io.github.smalti.clip;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Pixels;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Raster;
import io.github.smalti.weights.Weights;
import java.nio.file.Path;
import java.util.List;

/// A CLIP model: texts and pictures as unit vectors of one space.
///
/// | value | shape or range |
/// |---|---|
/// | embedding | ([#embeddingSize]), length 1 |
/// | cosine | -1 to 1; published models give about 0.15 to 0.35 to a picture and a text that fit |
/// | logit | [#logitScale] (100 in published models) · cosine |
///
/// Source: Radford et al., arXiv 2103.00020; openai/CLIP @ d05afc4. An embedding depends on the model and its own text
/// or picture alone: not on the batch, the number of threads or the kernels.
///
/// Immutable and thread-safe; the memory of a call belongs to that call. [#close] frees the weights and must wait for
/// running calls.
public interface Clip extends AutoCloseable {
    /// Numbers of an embedding, the same for texts and pictures.
    int embeddingSize();

    /// The factor from cosine to logit: the exponential of the checkpoint's `logit_scale`.
    float logitScale();

    /// Embeds texts. A text of more tokens than the model's context is cut and still ends with the end mark; see
    /// [#cutParts].
    ///
    /// @param texts any texts
    /// @return one embedding per text, (texts, embeddingSize), each of length 1
    float[][] embedTexts(List<String> texts);

    /// Embeds 8-bit pictures of any size: the short side is resized to the model's, the middle is cut out, transparency
    /// is dropped.
    ///
    /// @param images gray, RGB or RGBA
    /// @return one embedding per picture, (images, embeddingSize), each of length 1
    /// @throws IllegalArgumentException if a picture has no pixels
    float[][] embedImages(List<Raster> images);

    /// Embeds unrounded pictures that already have the model's size; nothing is resized.
    ///
    /// @param pictures values from 0 to 1
    /// @return one embedding per picture, (pictures, embeddingSize), each of length 1
    /// @throws IllegalArgumentException if a picture has another size
    float[][] embedPixels(List<Pixels> pictures);

    /// How well a picture and a text fit.
    ///
    /// @param image an embedding
    /// @param text  an embedding
    /// @return cosine and logit
    /// @throws io.github.smalti.core.ShapeMismatchException if an embedding has another length
    ClipScore score(float[] image, float[] text);

    /// What does not fit into the model's context and is ignored by [#embedTexts].
    ///
    /// @param texts any texts
    /// @return per text the part that is cut off, as the tokenizer saw it (lower case); `""` if all of it fits
    List<String> cutParts(List<String> texts);

    /// What the model holds and what one call needs, without allocating it.
    ///
    /// @param images pictures of one call of [#embedImages] or [#embedPixels]
    /// @return bytes; scratch and cache stop growing at the number of pictures that are computed together
    MemoryPlan plan(int images);

    /// The weights, which the model closes: each can be [written packed][Weights#writePacked]. By default none.
    default List<Weights> weights() { return List.of(); }

    /// The shape in short, for the record of how an image was made: `ViT-768/32@224` has width 768, patches of 32 and
    /// pictures of 224 pixels; `RN-64/3-4-6-3@224` is a ResNet of width 64 with as many bottlenecks in its stages.
    String name();

    /// Frees the packed weights and unmaps the checkpoint; closing twice has no effect.
    @Override
    void close();

    /// Loads a model.
    ///
    /// | layout | files |
    /// |---|---|
    /// | Hugging Face | `model.safetensors`, in one file or in several with their index, or `pytorch_model.bin`, `config.json`, `vocab.json`, `merges.txt`, and if there is one `preprocessor_config.json` |
    /// | OpenAI | one `.pt` (state dict or TorchScript) and beside it `bpe_simple_vocab_16e6.txt.gz` or `vocab.json` and `merges.txt` |
    ///
    /// OpenAI's files hold no configuration: all sizes follow from the tensors' shapes, heads are 64 wide. The image
    /// tower is a vision transformer, or in OpenAI's layout also a ResNet (RN50, RN101, RN50x4, …).
    ///
    /// @param folderOrFile the folder, or the file of weights in it
    /// @param compute      what to compute with
    /// @param precision    how the weights of linear layers lie in memory
    /// @return the model; the caller closes it
    /// @throws io.github.smalti.weights.WeightsException if a file is missing, damaged or no CLIP
    /// @throws io.github.smalti.tokenizer.TokenizerException if the vocabulary is missing or malformed
    static Clip load(Path folderOrFile, Compute compute, Precision precision) {
        return ClipModel.load(folderOrFile, compute, precision);
    }

    /// What a model would hold and what one call would need with [Compute#shared]; reads configuration, names and shapes
    /// only.
    ///
    /// @param folderOrFile as for [#load]
    /// @param precision    as for [#load]
    /// @param images       pictures of one call, as for [#plan(int)]
    /// @return the plan that the loaded model would state
    /// @throws io.github.smalti.weights.WeightsException if a file is missing, damaged or no CLIP
    static MemoryPlan plan(Path folderOrFile, Precision precision, int images) {
        return ClipTowers.plan(ClipTowers.weightsFile(folderOrFile), Compute.shared(), precision, images);
    }
}
