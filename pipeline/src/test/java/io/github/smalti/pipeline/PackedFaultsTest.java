package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.smalti.core.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// A file of packed matrices that another process cuts while they are computed with gives an exception; the JVM lives.
class PackedFaultsTest {
    private static final int ROUNDS = 4;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource(Precision.class)
    void aPackedFileThatIsCutWhileItIsComputedWithGivesAnError(Precision precision) throws IOException,
            InterruptedException {
        long seed = Long.getLong("tests.seed", System.nanoTime());
        ChildJvm.Result result = ChildJvm.start(folder, Map.of(), List.of("--add-modules", "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED", "-Xmx256m", "-XX:-CreateCoredumpOnCrash",
                "-XX:ErrorFile=" + folder.resolve("crash.log")), CutPackedMain.class, folder.toString(),
                precision.name(),
                String.valueOf(ROUNDS), String.valueOf(seed)).await();
        assertEquals("refused " + ROUNDS + " of " + ROUNDS, result.output(),
                result.errors() + ", -Dtests.seed=" + seed);
        assertEquals(0, result.exit(), result.errors());
    }
}
