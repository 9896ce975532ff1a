package io.github.smalti.bench.checkpoint;

import io.github.smalti.core.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// minDALL-E with random weights: `config.yaml` and the tensors of `stage2_last.ckpt` as `model.safetensors`.
///
/// @param dModel      width
/// @param heads       attention heads
/// @param layers      layers
/// @param textVocab   rows of the text embedding
/// @param textLength  tokens of a text
/// @param codes       size of the codebook
/// @param imageLength codes of an image
public record RandomMinDalle(int dModel, int heads, int layers, int textVocab, int textLength, int codes,
        int imageLength) implements RandomCheckpoint {
    /// The published sizes: 1,291.1 M parameters.
    public static final RandomMinDalle PUBLISHED = new RandomMinDalle(1536, 24, 42, 16384, 64, 16384, 256);

    @Override
    public List<RandomTensor> tensors(DType dtype) {
        var out = new DecoderTensors(dtype, new ArrayList<>());
        out.embedding("tok_emb_img", codes, dModel);
        out.embedding("tok_emb_txt", textVocab, dModel);
        out.embedding("pos_emb_img", imageLength, dModel);
        out.embedding("pos_emb_txt", textLength, dModel);
        for (int i = 0; i < layers; i++) {
            String layer = "blocks." + i + ".";
            out.norm(layer + "ln1", dModel);
            out.norm(layer + "ln2", dModel);
            for (String part : List.of("key", "query", "value", "proj")) {
                out.dense(layer + "attn." + part, dModel, dModel);
            }
            out.dense(layer + "mlp.0", 4 * dModel, dModel);
            out.dense(layer + "mlp.2", dModel, 4 * dModel);
        }
        out.norm("ln_f", dModel);
        out.head("head_img", codes, dModel);
        out.head("head_txt", textVocab, dModel);
        return out.tensors();
    }

    @Override
    public void write(Path folder, DType dtype, long seed, RandomFile.Listener listener) throws IOException {
        Files.writeString(folder.resolve("config.yaml"), String.format(Locale.ROOT, """
                dataset:
                  tokenizer_type: CharBPE
                  context_length: %1$d
                stage2:
                  type: transformer1d
                  vocab_size_txt: %2$d
                  vocab_size_img: %3$d
                  hparams:
                    embed_dim: %4$d
                    n_layers: %5$d
                    n_heads: %6$d
                    n_dense_layers: %5$d
                    ctx_len_img: %7$d
                    ctx_len_txt: %1$d
                    mlp_bias: True
                    attn_bias: True
                    gelu_use_approx: False
                """, textLength, textVocab, codes, dModel, layers, heads, imageLength));
        RandomFile.writeSafetensors(folder.resolve("model.safetensors"), tensors(dtype), seed, listener);
    }
}
