package io.github.smalti.tools;

import io.github.smalti.clip.Clip;
import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.transformer.CodeGenerator;
import io.github.smalti.transformer.CodeGenerators;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.CheckpointFamily;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.Int8Tensors;
import io.github.smalti.weights.PackedTensors;
import io.github.smalti.weights.SafetensorsWriter;
import io.github.smalti.weights.SafetensorsWriter.Tensor;
import io.github.smalti.weights.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/// Writes checkpoints and folders of models as safetensors.
///
/// The new model computes the same bits: float32 holds every float of a checkpoint, and bfloat16 is what those matrices
/// become at that precision anyway, as are the bytes and scales of int8. What stays float32 in memory at every precision keeps its type in the file too:
/// vectors, embeddings, convolutions and all of an image codec.
final class Conversion {
    private static final List<String> CARRIED = List.of(".json", ".yaml", ".yml", ".txt", ".gz", ".model", ".md");
    private static final List<String> CHECKPOINTS = List.of(".safetensors", ".msgpack", ".bin", ".pt", ".pth", ".ckpt",
            ".pkl");
    /// Checkpoints of models in several files, each of which keeps its name: OpenAI's dVAE, minDALL-E.
    private static final List<String> PARTS = List.of("encoder.pkl", "decoder.pkl", "stage1_last.ckpt",
            "stage2_last.ckpt", "stage1_last.safetensors", "stage2_last.safetensors");
    /// The same of min-dalle, whose image codec lies beside them or in a folder of its own; also the dVAE, converted.
    private static final List<String> PAIRS = List.of("encoder.pt", "decoder.pt", "encoder_mini.pt", "decoder_mini.pt",
            "encoder.safetensors", "decoder.safetensors", "encoder_mini.safetensors", "decoder_mini.safetensors");
    private static final List<String> PORT_CODEC = List.of("detoker.pt", "detoker.safetensors");
    private static final String FLAX = "flax_model.msgpack";
    private static final String OUTPUT = "model.safetensors";
    private static final String INDEX = OUTPUT + ".index.json";

    private final Terminal terminal;
    private final DType target;
    private final Precision packed;

    /// @param terminal where progress is told
    /// @param target   type of the matrices: F32, F16, BF16, or I8 with scales
    /// @param packed   what matrices are packed for instead, or null
    Conversion(Terminal terminal, DType target, Precision packed) {
        this.terminal = terminal;
        this.target = target;
        this.packed = packed;
    }

    /// Converts a checkpoint.
    ///
    /// @param in  the checkpoint
    /// @param out the new file
    /// @throws IOException if it cannot be read or written; nothing is left behind
    void ofFile(Path in, Path out) throws IOException {
        try (Checkpoint checkpoint = Checkpoints.open(in)) {
            List<String> names = checkpoint.names();
            if (PackedTensors.precision(checkpoint) != null) {
                throw new ToolException(in + ": its matrices are packed; convert the original");
            }
            var matrices = new ModelMatrices(CheckpointFamily.of(names));
            List<Tensor> tensors = new ArrayList<>();
            for (String name : names) {
                TensorView values = checkpoint.tensor(name);
                int inputAxis = matrices.inputAxis(name, values.rank());
                if (target != DType.I8 && inputAxis >= 0 && values.dtype() == DType.I8) {
                    throw new ToolException(in + ": its matrices were rounded to int8; convert the original");
                }
                if (target == DType.I8 && inputAxis >= 0 && values.dtype().isFloat()) {
                    tensors.addAll(Int8Tensors.of(name, values, inputAxis));
                } else {
                    tensors.add(new Tensor(name, type(values, inputAxis >= 0), values));
                }
            }
            SafetensorsWriter.write(out, tensors, metadata(in, names));
        }
        tell(in, out);
    }

    private Map<String, String> metadata(Path in, List<String> names) throws IOException {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", names.stream().anyMatch(name -> name.contains("/")) ? "flax" : "pt");
        metadata.put("source", in.getFileName().toString());
        metadata.put("source_sha256", sha256(in));
        metadata.put("dtype", target == DType.I8 ? "int8" : target.name().toLowerCase(Locale.ROOT));
        return metadata;
    }

    private void tell(Path in, Path out) throws IOException {
        terminal.say(in + " -> " + out.getFileName() + ": " + Bytes.text(Files.size(in)) + " -> "
                + Bytes.text(Files.size(out)));
    }

    /// Loads the model that a checkpoint belongs to, and writes that checkpoint as the model packed it. An image codec,
    /// which packs by the size of its pictures, is written as by [#ofFile].
    private void ofModel(Path in, Path out) throws IOException {
        if (packed == null) {
            ofFile(in, out);
            return;
        }
        List<String> names;
        try (Checkpoint checkpoint = Checkpoints.open(in)) {
            names = checkpoint.names();
        }
        var family = CheckpointFamily.of(names);
        if (family.isCodec()) {
            ofFile(in, out);
        } else if (family.name().startsWith("CLIP")) {
            try (Clip clip = Clip.load(in, Compute.shared(), packed)) {
                write(clip.weights(), in, out, names);
            }
        } else {
            try (CodeGenerator model = CodeGenerators.load(in.toAbsolutePath().getParent(), Compute.shared(), packed)) {
                write(model.weights(), in, out, names);
            }
        }
    }

    private void write(List<Weights> all, Path in, Path out, List<String> names) throws IOException {
        for (Weights weights : all) {
            if (!weights.file().equals(in.getFileName().toString())) continue;
            weights.writePacked(out, metadata(in, names));
            tell(in, out);
            return;
        }
        throw new ToolException(in + ": the model in its folder is loaded from another file; convert without --packed");
    }

    private DType type(TensorView values, boolean isMatrix) {
        if (!values.dtype().isFloat()) return values.dtype();
        if (target == DType.F32 || values.dtype() == DType.F64) return DType.F32;
        return isMatrix && target != DType.I8 ? target : values.dtype();
    }

    private static String sha256(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[1 << 18];
            for (int length; (length = in.read(buffer)) > 0;) digest.update(buffer, 0, length);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }

    /// Converts what lies in a tar or tar.gz as a folder.
    ///
    /// @param in  the archive
    /// @param out the new folder, which appears when all of it is written
    /// @throws IOException if something cannot be read or written; nothing is left behind
    void ofBundle(Path in, Path out) throws IOException {
        try (Unpacked unpacked = Unpacked.of(in, out.toAbsolutePath().getParent())) {
            ofFolder(unpacked.folder(), out);
        }
    }

    /// Converts a folder of a model or of one of its parts, with the folders in it.
    ///
    /// @param in  the folder
    /// @param out the new folder, which appears when all of it is written
    /// @throws IOException if something cannot be read or written; nothing is left behind
    void ofFolder(Path in, Path out) throws IOException {
        try (var temporary = new TemporaryFolder(out.toAbsolutePath().getParent())) {
            Path temp = temporary.path();
            int count = convert(in, temp);
            for (Path part : sorted(in)) {
                if (!Files.isDirectory(part) || part.getFileName().toString().startsWith(".")) continue;
                count += convert(part, temp.resolve(part.getFileName()));
            }
            if (count == 0) throw new ToolException(in + ": expected checkpoints in this folder, found none");
            Files.move(temp, out, StandardCopyOption.ATOMIC_MOVE);
        }
    }

    /// Converts what lies directly in a folder.
    ///
    /// @return number of checkpoints written
    private int convert(Path folder, Path out) throws IOException {
        Files.createDirectory(out);
        List<Path> checkpoints = new ArrayList<>();
        for (Path file : sorted(folder))
            if (Files.isRegularFile(file) && ends(file, CHECKPOINTS)) checkpoints.add(file);
        Map<String, Path> parts = parts(folder, checkpoints);
        Path index = folder.resolve(INDEX);
        Path chosen = Files.exists(index) ? index : parts.isEmpty() ? choose(folder, checkpoints) : null;
        boolean isTaming = chosen != null && ends(chosen, List.of(".ckpt"));
        boolean hasYaml = Files.exists(folder.resolve("model.yaml")) || Files.exists(folder.resolve("config.yaml"));
        for (Path file : sorted(folder)) {
            String name = file.getFileName().toString();
            if (!Files.isRegularFile(file) || !ends(file, CARRIED) || name.endsWith(".index.json")) continue;
            // beside a .ckpt the YAML file counts, beside safetensors the JSON file would
            if (isTaming && hasYaml && (name.equals("config.json") || name.equals("model.json"))) continue;
            Files.copy(file, out.resolve(name));
        }
        for (var part : parts.entrySet()) ofModel(part.getValue(), out.resolve(part.getKey() + ".safetensors"));
        if (chosen == null) return parts.size();
        ofModel(chosen, out.resolve(OUTPUT));
        return parts.size() + 1;
    }

    /// The checkpoints that keep their names, by these without an ending: all of ruDALL-E, whose version they say; pairs
    /// only where their loader would not find a model in one file first. What was converted before, and lies beside its
    /// original, is left out.
    private static Map<String, Path> parts(Path folder, List<Path> checkpoints) {
        boolean isSingle = Stream.of(FLAX, OUTPUT, INDEX).anyMatch(name -> Files.exists(folder.resolve(name)));
        boolean isPair = !isSingle && checkpoints.stream().anyMatch(file -> isIn(PAIRS, file));
        boolean isRuDalle = checkpoints.stream().anyMatch(Conversion::isRuDalle);
        Map<String, Path> parts = new LinkedHashMap<>();
        for (Path file : checkpoints) { // sorted, so .safetensors is the last of its name
            String name = file.getFileName().toString();
            String base = name.substring(0, name.lastIndexOf('.'));
            boolean isPart = isRuDalle || isIn(PARTS, file) || isPair && (isIn(PAIRS, file) || isIn(PORT_CODEC, file));
            if (isPart) parts.putIfAbsent(base, file);
        }
        return parts;
    }

    private static boolean isIn(List<String> names, Path file) { return names.contains(file.getFileName().toString()); }

    private static boolean isRuDalle(Path file) {
        return file.getFileName().toString().startsWith("pytorch_model") && family(file).equals("ruDALL-E transformer");
    }

    /// The checkpoint that a model would be loaded from, in the order in which loaders look.
    private Path choose(Path folder, List<Path> checkpoints) {
        List<Path> ordered = new ArrayList<>(checkpoints);
        ordered.sort(Comparator.comparingInt(Conversion::rank));
        for (Path file : ordered) {
            if (rank(file) == 0 && isFlaxClip(file)) continue;
            if (ordered.stream().filter(other -> rank(other) == rank(file)).count() > 1) {
                throw new ToolException(folder + ": expected one checkpoint, found several; convert one of them: "
                        + String.join(", ", ordered.stream().map(f -> f.getFileName().toString()).toList()));
            }
            if (ordered.size() > 1)
                terminal.say(folder + ": of " + ordered.size() + " checkpoints takes "
                        + file.getFileName());
            return file;
        }
        return null;
    }

    private static int rank(Path file) {
        String name = file.getFileName().toString();
        if (name.equals(FLAX)) return 0;
        if (name.endsWith(".ckpt")) return 1;
        if (name.equals(OUTPUT)) return 2;
        if (name.equals("pytorch_model.bin")) return 3;
        return name.equals(PORT_CODEC.getFirst()) ? 4 : 5;
    }

    /// Whether this is the twin in Flax's names that the hub keeps of CLIP; nothing loads it.
    private static boolean isFlaxClip(Path file) { return family(file).equals("CLIP (Flax)"); }

    private static String family(Path file) {
        try (Checkpoint checkpoint = Checkpoints.open(file)) {
            return CheckpointFamily.of(checkpoint.names()).name();
        }
    }

    private static boolean ends(Path file, List<String> suffixes) {
        String name = file.getFileName().toString();
        return !name.startsWith(".") && suffixes.stream().anyMatch(name::endsWith);
    }

    private static List<Path> sorted(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }
}
