package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.golden.GoldenCase;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.api.Test;

class CheckpointFamilyTest {
    @ParameterizedTest
    @CsvSource({"dalle-mini/mini/flax_model.msgpack, DALL·E mini (Flax)",
            "dalle-mini/mini-unscanned/flax_model.msgpack, DALL·E mini (Flax)",
            "dalle-mini/mini-port/decoder_mini.pt, DALL·E mini (min-dalle's decoder)",
            "dalle-mini/mini-port/encoder_mini.pt, DALL·E mini (min-dalle's encoder)",
            "vqgan/f16/flax_model.msgpack, VQGAN (Flax)", "vqgan/f4-attn/last.ckpt, VQGAN (taming)",
            "vqgan/f4-attn/detoker.pt, VQGAN (min-dalle's decoder)",
            "vqgan/gumbel-f8/vqgan.gumbelf8-sber.model.ckpt, VQGAN (Gumbel)",
            "clip/hf/model.safetensors, CLIP (Hugging Face)", "clip/openai/model-statedict.pt, CLIP (OpenAI)",
            "clip/openai/model-torchscript.pt, CLIP (OpenAI)"})
    void recognisesPublishedLayouts(String file, String family) {
        try (Checkpoint checkpoint = Checkpoints.open(GoldenCase.path(file))) {
            CheckpointFamily found = CheckpointFamily.of(checkpoint.names());
            assertEquals(family, found.name());
            assertTrue(found.reason().startsWith("it has "), found.reason());
        }
    }

    @Test
    void recognisesPrefixedNamesAndNothingElse() {
        var prefixed = List.of("state_dict.decoder.conv_in.weight", "state_dict.quantize.embedding.weight");
        assertEquals("VQGAN (taming)", CheckpointFamily.of(prefixed).name());
        assertEquals("minDALL-E transformer",
                CheckpointFamily.of(List.of("tok_emb_img.weight", "tok_emb_txt.weight", "head.weight")).name());
        assertEquals("", CheckpointFamily.of(List.of("decoder.conv_in.weight", "w")).name());
        assertFalse(CheckpointFamily.of(List.of()).isCodec());
        assertTrue(CheckpointFamily.of(prefixed).isCodec());
    }
}
