package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A minute of everything at once on one model, 20 with `-Psoak`; see [SoakMain].
class SoakTest {
    /// A heap of one size, touched at the start, so that its growth is not taken for native memory's.
    private static final List<String> JVM = List.of("--add-modules=jdk.incubator.vector", "-Xms256m", "-Xmx256m",
            "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC", "-XX:TrimNativeHeapInterval=500");

    @TempDir
    Path folder;

    @Test
    void manyCallersDrawCancelAndFailOnOneModel() throws Exception {
        long seed = Long.getLong("tests.seed", System.nanoTime());
        int seconds = Integer.getInteger("smalti.soak.seconds", 60);
        Path pictures = Files.createDirectory(folder.resolve("pictures"));
        ChildJvm.Result result = ChildJvm.start(folder, Map.of(), JVM, SoakMain.class, Long.toString(seed),
                Integer.toString(seconds), pictures.toString()).await(5 + seconds / 30);
        assertEquals(0, result.exit(), "repeat: mvn -pl pipeline -am test -Dtest=SoakTest "
                + "-Dsurefire.failIfNoSpecifiedTests=false -Dtests.seed=" + seed + " -Dsmalti.soak.seconds=" + seconds
                + "\n" + result.output() + "\n" + result.errors());
        System.out.println(result.output());
    }
}
