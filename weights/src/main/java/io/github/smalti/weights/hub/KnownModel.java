package io.github.smalti.weights.hub;

import io.github.smalti.weights.hub.ModelReference.HuggingFace;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/// A model with a name of its own and the parts that belong together; its tokenizer lies beside the transformer.
///
/// @param name  what a user types
/// @param parts where each part is published
public record KnownModel(String name, Map<ModelPart, HuggingFace> parts) {
    /// The image codec of both, at the revision that dalle-mini's inference notebook names.
    private static final HuggingFace VQGAN = new HuggingFace("dalle-mini", "vqgan_imagenet_f16_16384",
            "e93a26e7707683d349bf5d5c41c5b0ef69b677a9");
    /// The CLIP of dalle-mini's inference notebook.
    private static final HuggingFace CLIP = new HuggingFace("openai", "clip-vit-base-patch32", HuggingFace.MAIN);

    /// All of them: `dalle-mini` (0.4 billion parameters) and `dalle-mega` (2.6 billion), each with the same VQGAN f16 of
    /// 16,384 codes and CLIP ViT-B/32. Source: dalle-mini `tools/inference/inference_pipeline.ipynb`.
    public static final List<KnownModel> ALL = List.of(of("dalle-mini"), of("dalle-mega"));

    /// Copies the parts.
    public KnownModel { parts = new EnumMap<>(parts); }

    /// Where each part is published, in the order of [ModelPart].
    @Override
    public Map<ModelPart, HuggingFace> parts() { return new EnumMap<>(parts); }

    private static KnownModel of(String name) {
        return new KnownModel(name, Map.of(ModelPart.TRANSFORMER, new HuggingFace("dalle-mini", name, HuggingFace.MAIN),
                ModelPart.CODEC, VQGAN, ModelPart.CLIP, CLIP));
    }
}
