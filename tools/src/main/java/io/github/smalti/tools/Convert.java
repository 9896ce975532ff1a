package io.github.smalti.tools;

import io.github.smalti.core.DType;
import io.github.smalti.core.Precision;
import io.github.smalti.weights.Bundles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `smalti convert`: a checkpoint or a model's folder as safetensors.
@Command(name = "convert", sortOptions = false, description = {
        "Writes a checkpoint, or all of a model's folder with its configurations and vocabularies, as safetensors "
                + "with the names that the tensors have.",
        "Pictures stay the same bit for bit: f32 at every --precision, bf16 at --precision bf16, int8 at --precision "
                + "int8 (only what is rounded there is rounded: matrices, not embeddings, norms and image codecs)."},
        footer = {"Examples:",
                "  smalti convert flax_model.msgpack model.safetensors",
                "  smalti convert ~/models/dalle-mega ~/models/dalle-mega-bf16 --dtype bf16",
                "  smalti generate \"a cat\" --model ~/models/dalle-mega-bf16 --precision bf16",
                "  smalti convert ~/models/dalle-mega ~/models/dalle-mega-fast --dtype int8 --packed"})
final class Convert implements Callable<Integer> {
    /// What can be asked for.
    private enum Type {
        F32, F16, BF16, INT8
    }

    @ParentCommand
    private Smalti smalti;

    @Parameters(index = "0", paramLabel = "IN",
            description = "A checkpoint of any format, a folder, or a tar or tar.gz of one.")
    private Path in;

    @Parameters(index = "1", paramLabel = "OUT",
            description = "A new file *.safetensors, or for a folder or archive a new folder.")
    private Path out;

    @Option(names = "--dtype", paramLabel = "f32|f16|bf16|int8", defaultValue = "f32",
            description = "Numbers of the matrices: f32 keeps all of them as they are; f16 and bf16 take half the "
                    + "room, int8 a quarter. Default: ${DEFAULT-VALUE}.")
    private Type type;

    @Option(names = "--packed",
            description = "Writes the matrices as they are computed with, to be used where they lie in "
                    + "the file: a model starts without reading and packing them. Of a whole model, at the --precision that "
                    + "--dtype says (f32, bf16 or int8) and no other. Image codecs stay as they are. "
                    + "Default: matrices as published.")
    private boolean packed;

    @Override
    public Integer call() throws IOException {
        DType target = switch (type) {
            case F32 -> DType.F32;
            case F16 -> DType.F16;
            case BF16 -> DType.BF16;
            case INT8 -> DType.I8;
        };
        if (packed && type == Type.F16) {
            throw new ToolException("--packed: models are computed at f32, bf16 or int8; name one of them by --dtype");
        }
        if (!Files.exists(in)) throw new ToolException(in + ": no such file or folder");
        if (Files.exists(out)) throw new ToolException(out + ": exists already; name a new file or folder");
        Path parent = out.toAbsolutePath().getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new ToolException(out + ": there is no folder " + parent + "; make it first");
        }
        var conversion = new Conversion(smalti.terminal(), target, packed ? Precision.valueOf(type.name()) : null);
        if (Files.isDirectory(in)) {
            conversion.ofFolder(in, out);
        } else if (Bundles.recognises(in)) {
            conversion.ofBundle(in, out);
        } else if (packed) {
            throw new ToolException(in + ": --packed takes the folder of a model");
        } else {
            if (!out.toString().endsWith(".safetensors")) {
                throw new ToolException(out + ": expected a name that ends with .safetensors");
            }
            conversion.ofFile(in, out);
        }
        return 0;
    }
}
