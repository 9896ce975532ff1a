package io.github.smalti.tools;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/// Files of prompts are read or refused by a [ToolException]; in the package of the reader, which is no API.
class PromptsJazzerTest {
    @TempDir
    static Path folder;

    static List<byte[]> files() {
        return List.of("a cat\n\ntwo cats\r\n".getBytes(StandardCharsets.UTF_8),
                "{\"prompt\": \"a cat\"}\n".getBytes(StandardCharsets.UTF_8));
    }

    @MethodSource("files")
    @FuzzTest(maxDuration = "1m")
    void prompts(byte[] bytes) throws IOException {
        for (String name : List.of("prompts.txt", "prompts.jsonl")) {
            Path file = Files.write(folder.resolve(name), bytes);
            try {
                PromptFile.read(file);
            } catch (ToolException _) {
                // refused as declared
            }
        }
    }
}
