package io.github.smalti.clip;

import io.github.smalti.core.layer.Linear;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.TensorLocation;
import io.github.smalti.weights.Weights;
import io.github.smalti.weights.WeightsException;
import java.util.List;

/// The naming schemes of CLIP checkpoints. Model files use Hugging Face's names; here they are mapped to others.
enum ClipNames {
    /// `text_model.…`, `vision_model.…`, separate queries, keys and values.
    HUGGING_FACE,
    /// `transformer.…`, `visual.…`, fused queries, keys and values, projections stored as (width, embeddingSize). The
    /// ResNet towers, which only OpenAI published, are asked for by these names.
    OPEN_AI;

    private record Renaming(String from, String to) {}

    private static final List<Renaming> TO_OPEN_AI = List.of(
            new Renaming("text_model.embeddings.token_embedding.", "token_embedding."),
            new Renaming("text_model.embeddings.position_embedding.weight", "positional_embedding"),
            new Renaming("text_model.encoder.layers.", "transformer.resblocks."),
            new Renaming("text_model.final_layer_norm.", "ln_final."),
            new Renaming("text_projection.weight", "text_projection"),
            new Renaming("vision_model.embeddings.class_embedding", "visual.class_embedding"),
            new Renaming("vision_model.embeddings.patch_embedding.", "visual.conv1."),
            new Renaming("vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"),
            new Renaming("vision_model.pre_layrnorm.", "visual.ln_pre."),
            new Renaming("vision_model.encoder.layers.", "visual.transformer.resblocks."),
            new Renaming("vision_model.post_layernorm.", "visual.ln_post."),
            new Renaming("visual_projection.weight", "visual.proj"), new Renaming(".layer_norm1.", ".ln_1."),
            new Renaming(".layer_norm2.", ".ln_2."), new Renaming(".self_attn.in_proj.", ".attn.in_proj_"),
            new Renaming(".self_attn.", ".attn."), new Renaming(".mlp.fc1.", ".mlp.c_fc."),
            new Renaming(".mlp.fc2.", ".mlp.c_proj."));

    /// Recognises a checkpoint's scheme.
    ///
    /// @param checkpoint the file
    /// @return the scheme
    /// @throws WeightsException if the file is no CLIP
    static ClipNames of(Checkpoint checkpoint) {
        if (checkpoint.has("visual.conv1.weight")) return OPEN_AI;
        if (checkpoint.has("vision_model.embeddings.patch_embedding.weight")) return HUGGING_FACE;
        throw new WeightsException(checkpoint.file(), "",
                "expected a CLIP with vision_model.embeddings.patch_embedding.weight (Hugging Face) or"
                        + " visual.conv1.weight (OpenAI), found neither");
    }

    /// Where a tensor lies.
    ///
    /// @param name Hugging Face's name
    /// @return the location in a file of this scheme
    TensorLocation locate(String name) {
        if (this == HUGGING_FACE) return TensorLocation.of(name);
        String renamed = name;
        for (Renaming renaming : TO_OPEN_AI) renamed = renamed.replace(renaming.from, renaming.to);
        TensorLocation location = TensorLocation.of(renamed);
        boolean isProjection = renamed.equals("text_projection") || renamed.equals("visual.proj");
        return isProjection ? location.transposed() : location;
    }

    /// The layer from a token to its query, key and value, side by side, from either scheme.
    ///
    /// @param attention the way to the attention's tensors
    /// @param width     numbers of a token
    /// @return a layer of 3 · width outputs
    static Linear queryKeyValue(Weights attention, int width) {
        if (attention.has("in_proj.weight")) return attention.linear("in_proj", width, 3 * width, true);
        return attention.fusedLinear(new String[]{"q_proj", "k_proj", "v_proj"}, width, width, true);
    }
}
