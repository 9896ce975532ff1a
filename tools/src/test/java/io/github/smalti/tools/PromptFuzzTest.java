package io.github.smalti.tools;

import io.github.smalti.golden.MutationFuzz;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Damaged files of prompts are read or refused by a [ToolException].
@Tag("fuzz")
class PromptFuzzTest {
    @Test
    void lines() throws IOException, InterruptedException {
        MutationFuzz.of("PromptFuzzTest#lines", ToolException.class).named("prompts.txt")
                .good("a cat\n\n  two cats \r\nпривет \ud83d\ude00\n".getBytes(StandardCharsets.UTF_8))
                .words("\n", "\r", "\r\n", "\u0000", "\u00ef\u00bb\u00bf", "\u00e2\u0080\u00a8", "\u00ff",
                        "\u00c2\u0085")
                .run(PromptFile::read);
    }

    @Test
    void objects() throws IOException, InterruptedException {
        MutationFuzz.of("PromptFuzzTest#objects", ToolException.class).named("prompts.jsonl")
                .good("{\"prompt\": \"a cat\"}\n\n{\"prompt\": \"two\\ncats \\ud83d\\ude00\", \"n\": 2}\r\n"
                        .getBytes(StandardCharsets.UTF_8))
                .words("{", "}", "[", "]", "\"prompt\":", "\"", ",", "\\u0000", "\\ud800", "null", "1e999", "\n", "\r")
                .run(PromptFile::read);
    }
}
