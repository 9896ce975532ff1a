package io.github.smalti.clip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Team;
import io.github.smalti.core.kernel.Kernels;
import io.github.smalti.core.layer.Workspace;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// A plan made of names and shapes against what a loaded model states, and what it packs.
class ClipPlanTest {
    private static final Path SCENES = GoldenCase.embeddedModels().resolve("emoji-scenes/clip");

    static Stream<Path> files() {
        return Stream.of(SCENES.resolve("model.safetensors"), GoldenCase.path("clip/hf/model.safetensors"),
                GoldenCase.path("clip/openai/model-statedict.pt"), GoldenCase.path("clip/openai/model-torchscript.pt"),
                GoldenCase.path("clip-resnet/openai/model-statedict.pt"),
                GoldenCase.path("clip-resnet/openai/model-torchscript.pt"));
    }

    @ParameterizedTest
    @MethodSource("files")
    void needsNoLoading(Path file) throws Exception {
        for (Precision precision : Precision.values()) {
            for (int threads : new int[]{1, 3}) {
                try (var team = new Team(threads)) {
                    var compute = new Compute(Kernels.best(), team);
                    try (ClipTowers towers = ClipTowers.open(file, compute, precision)) {
                        for (int images : new int[]{0, 1, 5, 1000}) {
                            MemoryPlan want = towers.plan(images);
                            assertEquals(want, ClipTowers.plan(file, compute, precision, images));
                            assertEquals(towers.weights().packedBytes(), want.weightBytes());
                            assertEquals(Files.size(file), want.mappedBytes());
                            assertEquals(images == 0, want.scratchBytes() == 0);
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void takesAFolderAsLoadingDoes(Precision precision) {
        MemoryPlan plan = Clip.plan(SCENES, precision, 3);
        try (Clip clip = Clip.load(SCENES, Compute.shared(), precision)) {
            assertEquals(clip.plan(3), plan);
        }
        assertThrows(IllegalArgumentException.class, () -> Clip.plan(SCENES, precision, -1));
    }

    @Test
    void refusesWhatIsNoClip(@TempDir Path folder) throws Exception {
        assertThrows(WeightsException.class, () -> Clip.plan(folder, Precision.F32, 1));
        new SafetensorsWriter().with("encoder.weight", 2, 2).write(folder.resolve("model.safetensors"));
        var e = assertThrows(WeightsException.class, () -> Clip.plan(folder, Precision.F32, 1));
        assertTrue(e.getMessage().contains("visual.conv1.weight"), e.getMessage());
    }

    /// Wide enough for Winograd's algorithm in the first stage, whose scratch depends on the number of threads.
    @Test
    void aResNetTakesWhatIsPlanned(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("RN.pt");
        SafetensorsWriter.openAiResNet(32, 2).write(file);
        long before = 0;
        for (int threads : new int[]{1, 2}) {
            try (var team = new Team(threads)) {
                var compute = new Compute(Kernels.best(), team);
                try (ClipTowers towers = ClipTowers.open(file, compute, Precision.F32)) {
                    var tower = (ResNetTower) towers.image();
                    var footprint = new ResNetFootprint(tower.config());
                    var workspace = new Workspace(threads, footprint.largestMap());
                    tower.embed(List.of(new float[64 * 64 * 3], new float[64 * 64 * 3]), workspace);
                    assertEquals(footprint.workspaceFloats(threads), workspace.floats());
                    MemoryPlan plan = ClipTowers.plan(file, compute, Precision.F32, 2);
                    assertEquals(plan, towers.plan(2));
                    assertTrue(plan.scratchBytes() > 4 * workspace.floats() && workspace.floats() > before);
                    before = workspace.floats();
                }
            }
        }
    }

    /// RN50 as published: 38.3 M parameters of the image tower. Winograd's algorithm, which takes four times as much, is
    /// used in the stem and the first stage only.
    @Test
    void knowsWhatRn50Takes() {
        var config = new ResNetTower.Config(64, List.of(3, 4, 6, 3), 224, 1024);
        assertEquals("RN-64/3-4-6-3@224", config.name());
        assertEquals(50, config.tokenCount());
        assertEquals(2048, config.features());
        long parameters = 38_316_896 - 50 * 2048 - 3 * 2048 - 1024; // without positions and biases of the attention
        long direct = parameters - normParameters(config);
        long bytes = config.weightBytes(Precision.F32);
        assertTrue(bytes > 4 * direct && bytes < 4.4 * direct, bytes + " bytes for " + direct + " weights");
        assertTrue(config.plan(1, 2).scratchBytes() < 20_000_000);
    }

    /// Scales and biases of the batch norms.
    private static long normParameters(ResNetTower.Config config) {
        int width = config.width();
        long channels = width / 2 + width / 2 + width;
        for (int stage = 0; stage < 4; stage++) {
            channels += (long) config.blocks().get(stage) * 6 * (width << stage) + 4 * (width << stage);
        }
        return 2 * channels;
    }
}
