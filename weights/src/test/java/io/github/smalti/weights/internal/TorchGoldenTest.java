package io.github.smalti.weights.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.core.DType;
import io.github.smalti.core.TensorView;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.ReadLimits;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Files that PyTorch wrote: names, shapes and values.
class TorchGoldenTest {
    private static TensorTable open(String name) {
        MappedFile mapped = MappedFile.open(GoldenCase.path(name), ReadLimits.DEFAULT);
        assertTrue(TorchReader.recognises(mapped.bytes()), name);
        return TorchReader.read(mapped);
    }

    @Test
    void torchScriptHoldsTheStateDictInItsOwnPrecision() {
        JsonNode dtypes = GoldenCase.of("clip/openai/case").manifest().path("dtypes_in_torchscript");
        Map<String, DType> names = Map.of("float32", DType.F32, "float16", DType.F16, "int64", DType.I64);
        try (TensorTable script = open("clip/openai/model-torchscript.pt");
                TensorTable dict = open("clip/openai/model-statedict.pt")) {
            assertEquals("TorchScript", script.format());
            assertEquals(dtypes.size(), script.names().size());
            for (String name : script.names()) {
                TensorView got = script.tensor(name);
                assertEquals(names.get(dtypes.path(name).asText()), got.dtype(), name);
                if (got.dtype() == DType.I64) continue;
                TensorView full = dict.tensor(name);
                assertArrayEquals(full.shape(), got.shape(), name);
                float[] want = full.toFloats();
                if (got.dtype() == DType.F16) {
                    for (int i = 0; i < want.length; i++) want[i] = Float.float16ToFloat(Float.floatToFloat16(want[i]));
                }
                assertArrayEquals(want, got.toFloats(), name);
            }
            assertArrayEquals(new long[]{48}, script.tensor("input_resolution").toLongs());
            assertArrayEquals(new long[]{600}, script.tensor("vocab_size").toLongs());
            assertEquals(62, dict.names().size());
        }
    }

    @Test
    void lightningCheckpointGivesItsStateDict() {
        try (TensorTable ckpt = open("vqgan/f4-attn/last.ckpt");
                TensorTable port = open("vqgan/f4-attn/detoker.pt")) {
            assertFalse(ckpt.names().stream().anyMatch(n -> n.startsWith("state_dict")));
            assertTrue(ckpt.has("encoder.conv_in.weight") && ckpt.has("quantize.embedding.weight"));
            assertEquals(217, ckpt.names().size(), "two more tensors are scores of a callback");
            assertArrayEquals(ckpt.tensor("quantize.embedding.weight").toFloats(),
                    port.tensor("embedding.weight").toFloats());
            for (String name : List.of("post_quant_conv.weight", "decoder.conv_in.weight", "decoder.conv_out.bias")) {
                assertTrue(port.has(name), name + " of " + port.names());
                assertArrayEquals(ckpt.tensor(name).toFloats(), port.tensor(name).toFloats(), name);
            }
            assertTrue(ckpt.names().stream().map(n -> ckpt.tensor(n).dtype()).anyMatch(DType.I64::equals));
        }
    }

    @Test
    void namesOfUnknownPackagesAreInert() {
        try (MappedFile mapped = MappedFile.open(GoldenCase.path("vqgan/f4-attn/last.ckpt"), ReadLimits.DEFAULT)) {
            assertEquals(List.of(
                    new GlobalUse("pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint", "inert"),
                    new GlobalUse("torch._utils._rebuild_tensor_v2", "allowed"),
                    new GlobalUse("torch.FloatStorage", "allowed"),
                    new GlobalUse("collections.OrderedDict", "allowed"),
                    new GlobalUse("torch.LongStorage", "allowed")), TorchReader.globals(mapped));
        }
    }

    @Test
    void readsTheGumbelCheckpoint() {
        try (TensorTable table = open("vqgan/gumbel-f8/vqgan.gumbelf8-sber.model.ckpt")) {
            long[] codebook = table.tensor("quantize.embed.weight").shape();
            assertArrayEquals(new long[]{codebook[0]},
                    table.tensor("quantize.proj.bias").shape());
        }
    }

    @Test
    void miniPortHasTheSizesOfItsManifest() {
        JsonNode sizes = GoldenCase.json(GoldenCase.path("dalle-mini/mini-port/sizes.json"));
        long width = sizes.path("embed_count").asLong();
        try (TensorTable encoder = open("dalle-mini/mini-port/encoder_mini.pt");
                TensorTable decoder = open("dalle-mini/mini-port/decoder_mini.pt")) {
            assertArrayEquals(new long[]{sizes.path("text_vocab_count").asLong(), width},
                    encoder.tensor("embed_tokens.weight").shape());
            assertArrayEquals(new long[]{sizes.path("text_token_count").asLong(), width},
                    encoder.tensor("embed_positions.weight").shape());
            assertEquals(44, decoder.names().size());
            for (String name : decoder.names()) {
                for (float value : decoder.tensor(name).toFloats()) assertTrue(Float.isFinite(value), name);
            }
        }
    }
}
