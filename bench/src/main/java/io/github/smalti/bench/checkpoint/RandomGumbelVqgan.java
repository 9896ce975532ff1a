package io.github.smalti.bench.checkpoint;

import io.github.smalti.core.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A VQGAN with a Gumbel quantiser and random weights, under taming-transformers' names in safetensors.
///
/// @param network all but the quantiser
public record RandomGumbelVqgan(RandomVqgan network) implements RandomCheckpoint {
    /// ruDALL-E's codec: 38.4 M parameters of the decoder, 26.4 M of the encoder, 8192 codes of 256.
    public static final RandomGumbelVqgan F8_8192 = new RandomGumbelVqgan(
            new RandomVqgan(256, 128, List.of(1, 1, 2, 4), 2, List.of(32), 256, 256, 8192));

    @Override
    public List<RandomTensor> tensors(DType dtype) {
        int codes = network.codes();
        int dim = network.embedDim();
        List<RandomTensor> out = new ArrayList<>();
        out.add(new RandomTensor("quantize.proj.weight", dtype, 0, 1 / Math.sqrt(dim), codes, dim, 1, 1));
        out.add(new RandomTensor("quantize.proj.bias", dtype, 0, 0.02, codes));
        out.add(new RandomTensor("quantize.embed.weight", dtype, 0, 1, codes, dim));
        for (RandomTensor tensor : network.torchTensors(dtype)) {
            if (!tensor.name().startsWith("quantize.")) out.add(tensor);
        }
        return out;
    }

    @Override
    public void write(Path folder, DType dtype, long seed, RandomFile.Listener listener) throws IOException {
        Files.writeString(folder.resolve("config.json"), network.config());
        RandomFile.writeSafetensors(folder.resolve("model.safetensors"), tensors(dtype), seed, listener);
    }
}
