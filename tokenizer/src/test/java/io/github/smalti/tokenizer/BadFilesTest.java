package io.github.smalti.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.golden.GoldenCase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class BadFilesTest {
    private static final int MUTANTS = 2000;

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

    @Test
    void refusesMutantsWithTheDeclaredExceptionOnly(@TempDir Path folder) throws IOException {
        long seed = Long.getLong("tests.seed", 20261123);
        var random = new Random(seed);
        Path bart = GoldenCase.path("bad-files/tokenizer/good");
        Path scenes = GoldenCase.embeddedModels().resolve("emoji-scenes");
        List<List<Path>> sources = List.of(
                List.of(bart.resolve("vocab.json"), bart.resolve("merges.txt"),
                        scenes.resolve("dalle/special_tokens_map.json"), scenes.resolve("dalle/tokenizer_config.json")),
                List.of(smallTokenizerJson(folder)),
                List.of(scenes.resolve("clip/vocab.json"), scenes.resolve("clip/merges.txt"),
                        scenes.resolve("clip/special_tokens_map.json"), scenes.resolve("clip/tokenizer_config.json")));
        int refused = 0;
        for (int i = 0; i < MUTANTS; i++) {
            int kind = i % 10 == 9 ? 2 : i % 2;
            Path target = Files.createDirectories(folder.resolve("mutant"));
            List<Path> files = sources.get(kind);
            int victim = random.nextInt(files.size());
            for (int f = 0; f < files.size(); f++) {
                byte[] bytes = Files.readAllBytes(files.get(f));
                Path name = target.resolve(files.get(f).getFileName());
                Files.write(name, f == victim ? mutate(bytes, random) : bytes);
            }
            try {
                Tokenizer tokenizer = kind == 2 ? ClipTokenizer.read(target) : BartTokenizer.read(target);
                tokenizer.decode(tokenizer.encode(" ab abc <mask> \ud83d\ude00", 16).ids());
            } catch (TokenizerException e) {
                assertTrue(e.getMessage().length() < 2000);
                refused++;
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError("mutant " + i + " of seed " + seed, e);
            }
            deleteAll(target);
        }
        assertTrue(refused > MUTANTS / 4 && refused < MUTANTS, "refused " + refused);
    }

    private static Path smallTokenizerJson(Path folder) throws IOException {
        String text = """
                {"version": "1.0", "added_tokens": [
                 {"id": 0, "content": "<s>", "lstrip": false, "rstrip": false, "special": true},
                 {"id": 1, "content": "<pad>", "special": true}, {"id": 2, "content": "</s>", "special": true},
                 {"id": 3, "content": "<unk>", "special": true}, {"id": 4, "content": "<mask>", "lstrip": true}],
                 "normalizer": null, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
                 "model": {"type": "BPE", "end_of_word_suffix": "", "vocab": {"<s>": 0, "<pad>": 1, "</s>": 2,
                  "<unk>": 3, "<mask>": 4, "a": 5, "b": 6, "c": 7, "\u0120": 8, "ab": 9, "abc": 10},
                  "merges": ["a b", ["ab", "c"]]}}
                """;
        Path file = Files.createDirectories(folder.resolve("source")).resolve("tokenizer.json");
        Files.writeString(file, text);
        assertArrayEquals(new int[]{0, 8, 10, 4, 2}, BartTokenizer.read(file.getParent()).encodeAll(" abc <mask>"));
        return file;
    }

    private static byte[] mutate(byte[] bytes, Random random) {
        byte[] mutant = bytes.clone();
        int changes = 1 + random.nextInt(3);
        for (int i = 0; i < changes && mutant.length > 1; i++) {
            int at = random.nextInt(mutant.length);
            switch (random.nextInt(5)) {
                case 0 -> mutant[at] = (byte) random.nextInt(256);
                case 1 -> mutant[at] ^= (byte) (1 << random.nextInt(8));
                case 2 -> mutant = Arrays.copyOf(mutant, at);
                case 3 -> mutant[at] = (byte) "{}[]\",:0 -\n\\".charAt(random.nextInt(12));
                default -> {
                    int from = random.nextInt(mutant.length);
                    int length = Math.min(random.nextInt(16), mutant.length - Math.max(from, at));
                    System.arraycopy(bytes, Math.min(from, bytes.length - length), mutant, at, length);
                }
            }
        }
        return mutant;
    }

    private static void deleteAll(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) Files.delete(file);
        }
    }
}
