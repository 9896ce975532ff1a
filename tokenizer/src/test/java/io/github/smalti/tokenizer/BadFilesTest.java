package io.github.smalti.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.golden.GoldenCase;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class BadFilesTest {
    @TestFactory
    List<DynamicTest> behavesAsTheManifestSays() {
        JsonNode manifest = GoldenCase.json(GoldenCase.path("bad-files/manifest.json"));
        Duration limit = Duration.ofSeconds(manifest.get("max_seconds").asInt());
        long maxBytes = manifest.get("max_allocation_bytes").asLong();
        List<DynamicTest> tests = new ArrayList<>();
        for (JsonNode bad : manifest.get("cases")) {
            if (!bad.get("reader").asText().equals("tokenizer")) continue;
            tests.add(DynamicTest.dynamicTest(bad.get("file").asText(),
                    () -> assertTimeout(limit, () -> check(bad, maxBytes))));
        }
        assertEquals(29, tests.size());
        return tests;
    }

    private static void check(JsonNode bad, long maxBytes) {
        Path file = GoldenCase.path("bad-files").resolve(bad.get("file").asText());
        String outcome = bad.get("outcome").asText();
        long before = AllocatedBytes.ofThisThread();
        Tokenizer tokenizer;
        try {
            tokenizer = Files.isDirectory(file) ? BartTokenizer.read(file) : ClipTokenizer.readOpenAi(file);
        } catch (TokenizerException e) {
            assertTrue(outcome.endsWith("error"), e.getMessage());
            checkMessage(bad, file, e);
            return;
        } finally {
            assertTrue(AllocatedBytes.ofThisThread() - before < maxBytes, "allocates too much");
        }
        if (outcome.equals("error")) fail("was read, though: " + bad.get("wrong").asText());
        for (JsonNode encoding : bad.get("encodings")) {
            int[] ids = ((BartTokenizer) tokenizer).encodeAll(encoding.get("text").asText());
            assertArrayEquals(BartTokenizerTest.ints(encoding.get("ids")), ids);
        }
    }

    private static void checkMessage(JsonNode bad, Path file, TokenizerException e) {
        String message = e.getMessage();
        assertTrue(message.contains(file.getFileName().toString()), message);
        assertTrue(message.length() < 2000, "message of " + message.length() + " characters");
        assertTrue(message.chars().noneMatch(Character::isISOControl), message);
        for (JsonNode mention : bad.path("mentions")) assertTrue(e.detail().contains(mention.asText()), message);
    }

    @Test
    void namesAMissingFile(@TempDir Path folder) {
        var e = assertThrows(TokenizerException.class, () -> BartTokenizer.read(folder));
        assertTrue(e.getMessage().contains("vocab.json"), e.getMessage());
        assertThrows(TokenizerException.class, () -> ClipTokenizer.read(folder));
        assertThrows(TokenizerException.class, () -> ClipTokenizer.readOpenAi(folder));
        assertThrows(TokenizerException.class, () -> ClipTokenizer.readOpenAi(folder.resolve("none.gz")));
    }
}
