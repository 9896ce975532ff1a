package io.github.smalti.weights.internal;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.ReadLimits;
import io.github.smalti.weights.WeightsException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/// Pickles of state dicts, of pickled modules (OpenAI's dVAE) and of TorchScript run in the one inert machine or are
/// refused by a [WeightsException], without the zip around them whose checksums would hide them from a fuzzer.
class PicklesJazzerTest {
    private static final String TIME = "1m";
    /// Storages with more bytes are said to be missing.
    private static final long MOST_BYTES = 1 << 16;

    @TempDir
    static Path folder;

    static List<byte[]> pickles() throws IOException {
        List<byte[]> pickles = new ArrayList<>();
        for (String name : List.of("bad-files/torch/good.pt", "bad-files/torch/good-minimal.pt",
                "bad-files/torch/deflated.pt", "openai-dvae/b/decoder.pkl")) {
            pickles.add(pickle(name));
        }
        return pickles;
    }

    /// A TorchScript archive: deflated code beside the pickle and the constants.
    static List<byte[]> scripts() throws IOException {
        var out = new ByteArrayOutputStream();
        try (var zip = new ZipOutputStream(out)) {
            entry(zip, "script/code/__torch__/m.py",
                    "class M(Module):\n  w : Tensor\n".getBytes(StandardCharsets.UTF_8));
            entry(zip, "script/data.pkl", pickle("bad-files/torch/good-minimal.pt"));
            entry(zip, "script/constants.pkl", new byte[]{(byte) 0x80, 2, ')', '.'});
            entry(zip, "script/byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        }
        return List.of(out.toByteArray());
    }

    private static void entry(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
        zip.putNextEntry(new ZipEntry(name));
        zip.write(bytes);
        zip.closeEntry();
    }

    private static byte[] pickle(String archive) throws IOException {
        try (var zip = new ZipFile(GoldenCase.path(archive).toFile())) {
            ZipEntry found = zip.stream().filter(e -> e.getName().endsWith("/data.pkl")).findFirst().orElseThrow();
            return zip.getInputStream(found).readAllBytes();
        }
    }

    @MethodSource("pickles")
    @FuzzTest(maxDuration = TIME)
    void pickle(byte[] bytes) throws IOException {
        if (bytes.length == 0) return;
        try (MappedFile file = MappedFile.open(Files.write(folder.resolve("data.pkl"), bytes), ReadLimits.DEFAULT)) {
            new PickleMachine(new PickleInput(file, file.bytes()), true).run();
            var machine = new PickleMachine(new PickleInput(file, file.bytes()), false);
            new TorchTensors(file, PicklesJazzerTest::zeros).below(machine.run()).values().forEach(
                    tensor -> tensor.get().elementCount());
        } catch (WeightsException _) {
            // refused as declared
        }
    }

    private static Optional<MemorySegment> zeros(PickleValue.Storage storage) {
        int unit = TorchTypes.ofStorage(storage.type().fullName()).orElseThrow().bytes();
        if (storage.count() < 0 || storage.count() > MOST_BYTES / unit) return Optional.empty();
        return Optional.of(MemorySegment.ofArray(new byte[(int) storage.count() * unit]));
    }

    @MethodSource("scripts")
    @FuzzTest(maxDuration = TIME)
    void torchScript(byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve("script.pt"), bytes);
        try {
            Checkpoints.describe(file);
            Checkpoints.open(file).close();
        } catch (WeightsException _) {
            // refused as declared
        }
    }
}
