package io.github.smalti.weights;

import java.util.Collection;
import java.util.List;
import java.util.Set;

/// What kind of model a checkpoint is, as its tensors' names tell.
///
/// | family | recognised by |
/// |---|---|
/// | DALL·E mini (Flax, PyTorch names, min-dalle's port) | decoder layers with gated units, or image embeddings beside a language head |
/// | VQGAN (Flax, taming, Gumbel, min-dalle's port) | `decoder.conv_in` with a codebook |
/// | CLIP (Hugging Face, Flax, OpenAI; ViT or ResNet) | the image tower's first convolution |
/// | OpenAI dVAE | `blocks.group_1.block_1…` with `.w` |
/// | minDALL-E, ruDALL-E transformers | their embeddings of images |
///
/// @param name   the family and its layout, or "" if the names fit none
/// @param reason the tensors that it was recognised by, or what was looked for
public record CheckpointFamily(String name, String reason) {
    private record Probe(String family, List<String> tensors) {
        Probe(String family, String... tensors) { this(family, List.of(tensors)); }
    }

    /// The most specific first; `model.` of Hugging Face's wrappers and Lightning's `state_dict.` may stand before names.
    private static final List<Probe> PROBES = List.of(
            new Probe("DALL·E mini (Flax)", "model/decoder/embed_tokens/embedding", "lm_head/kernel"),
            new Probe("DALL·E mini (PyTorch names)", "model.decoder.embed_tokens.weight", "lm_head.weight"),
            new Probe("DALL·E mini (PyTorch names, tied head)", "model.decoder.embed_tokens.weight",
                    "model.encoder.embed_tokens.weight"),
            new Probe("DALL·E mini (min-dalle's decoder)", "layers.0.glu.fc0.weight", "lm_head.weight"),
            new Probe("DALL·E mini (min-dalle's encoder)", "layers.0.glu.fc0.weight", "embed_tokens.weight"),
            new Probe("VQGAN (Flax)", "decoder/conv_in/kernel", "quantize/embedding/embedding"),
            new Probe("VQGAN (taming)", "decoder.conv_in.weight", "quantize.embedding.weight"),
            new Probe("VQGAN (Gumbel)", "decoder.conv_in.weight", "quantize.embed.weight"),
            new Probe("VQGAN (min-dalle's decoder)", "decoder.conv_in.weight", "embedding.weight"),
            new Probe("CLIP (Hugging Face)", "vision_model.embeddings.patch_embedding.weight"),
            new Probe("CLIP (Flax)", "vision_model/embeddings/patch_embedding/kernel"),
            new Probe("CLIP (OpenAI, ResNet)", "visual.layer1.0.conv1.weight", "token_embedding.weight"),
            new Probe("CLIP (OpenAI)", "visual.conv1.weight", "token_embedding.weight"),
            new Probe("OpenAI dVAE", "blocks.input.w", "blocks.group_1.block_1.res_path.conv_1.w"),
            new Probe("minDALL-E transformer", "tok_emb_img.weight", "tok_emb_txt.weight"),
            new Probe("minDALL-E transformer (by class)", "tok_emb_img.weight", "sos.weight"),
            new Probe("ruDALL-E transformer", "image_row_embeddings.weight", "text_embeddings.weight"));
    private static final List<String> PREFIXES = List.of("", "params/", "state_dict.", "module.", "model.");

    /// Recognises a family.
    ///
    /// @param names names of all tensors
    /// @return the family, never null
    public static CheckpointFamily of(Collection<String> names) {
        Set<String> all = Set.copyOf(names);
        for (String prefix : PREFIXES) {
            for (Probe probe : PROBES) {
                List<String> prefixed = probe.tensors.stream().map(name -> prefix + name).toList();
                if (all.containsAll(prefixed)) {
                    return new CheckpointFamily(probe.family, "it has " + String.join(" and ", prefixed));
                }
            }
        }
        return new CheckpointFamily("", "its names are those of no known family");
    }

    /// Whether the weights stay float32 at every [io.github.smalti.core.Precision]: those of image codecs do.
    public boolean isCodec() { return name.startsWith("VQGAN") || name.startsWith("OpenAI dVAE"); }
}
