package io.github.smalti.tools;

import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A file of prompts: one a line, or in a `.jsonl` file one object with the member `prompt` a line.
final class PromptFile {
    private static final int MAX_BYTES = 1 << 26;
    private static final int MAX_PROMPTS = 100_000;

    private PromptFile() {}

    /// Reads the prompts; blank lines are skipped.
    ///
    /// @param file UTF-8, at most 64 MiB and 100,000 prompts
    /// @return at least one prompt
    static List<String> read(Path file) {
        List<String> prompts = new ArrayList<>();
        boolean isJson = file.toString().endsWith(".jsonl");
        int number = 0;
        for (String line : text(file).split("\\R")) {
            number++;
            if (line.isBlank()) continue;
            if (prompts.size() == MAX_PROMPTS) {
                throw new ToolException(file + ": expected at most " + MAX_PROMPTS + " prompts, found more: split it");
            }
            prompts.add(isJson ? prompt(file, number, line) : line.strip());
        }
        if (prompts.isEmpty()) throw new ToolException(file + ": expected a prompt on each line, found none");
        return prompts;
    }

    private static String text(Path file) {
        try (var in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new ToolException(file + ": expected at most " + MAX_BYTES + " bytes of prompts, found more");
            }
            String text = StandardCharsets.UTF_8.newDecoder().decode(java.nio.ByteBuffer.wrap(bytes)).toString();
            return text.startsWith("\uFEFF") ? text.substring(1) : text;
        } catch (CharacterCodingException e) {
            throw new ToolException(file + ": expected prompts in UTF-8, found other bytes", e);
        } catch (IOException e) {
            throw new ToolException("the prompts cannot be read: " + Sentence.reason(e), e);
        }
    }

    private static String prompt(Path file, int number, String line) {
        try {
            return Json.parse(line).get("prompt").asString();
        } catch (JsonException e) {
            throw new ToolException(file + ", line " + number + ": expected {\"prompt\": \"...\"}: " + e.getMessage(),
                    e);
        }
    }
}
