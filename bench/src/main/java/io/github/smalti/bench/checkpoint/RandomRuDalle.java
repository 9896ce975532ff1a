package io.github.smalti.bench.checkpoint;

import io.github.smalti.core.DType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// ruDALL-E with random weights: the tensors of `pytorch_model.bin`, without the masks' buffers, as `model.safetensors`.
///
/// There is no configuration, as published: sizes follow from shapes, heads from the width, and without a mask it is v3.
///
/// @param dModel     width
/// @param layers     layers
/// @param textVocab  rows of the text embedding
/// @param textLength tokens of a text
/// @param codes      size of the codebook
/// @param gridSize   rows and columns of an image
public record RandomRuDalle(int dModel, int layers, int textVocab, int textLength, int codes, int gridSize)
        implements
            RandomCheckpoint {
    /// The published sizes of Malevich: 1,310.4 M parameters.
    public static final RandomRuDalle XL = new RandomRuDalle(2048, 24, 16512, 128, 8192, 32);

    @Override
    public List<RandomTensor> tensors(DType dtype) {
        var out = new DecoderTensors(dtype, new ArrayList<>());
        out.embedding("text_embeddings", textVocab, dModel);
        out.embedding("image_embeddings", codes, dModel);
        out.embedding("text_pos_embeddings", textLength + 1, dModel);
        out.embedding("image_row_embeddings", gridSize, dModel);
        out.embedding("image_col_embeddings", gridSize, dModel);
        out.norm("to_logits.0", dModel);
        out.head("to_logits.1", textVocab + codes, dModel);
        out.bias("to_logits.1", textVocab + codes);
        for (int i = 0; i < layers; i++) {
            String layer = "transformer.layers." + i + ".";
            for (String norm : List.of("input_layernorm", "post_attention_layernorm",
                    "before_first_addition_layernorm", "before_second_addition_layernorm")) {
                out.norm(layer + norm, dModel);
            }
            out.dense(layer + "attention.query_key_value", 3 * dModel, dModel);
            out.dense(layer + "attention.dense", dModel, dModel);
            out.dense(layer + "mlp.dense_h_to_4h", 4 * dModel, dModel);
            out.dense(layer + "mlp.dense_4h_to_h", dModel, 4 * dModel);
        }
        out.norm("transformer.final_layernorm", dModel);
        return out.tensors();
    }

    @Override
    public void write(Path folder, DType dtype, long seed, RandomFile.Listener listener) throws IOException {
        RandomFile.writeSafetensors(folder.resolve("model.safetensors"), tensors(dtype), seed, listener);
    }
}
