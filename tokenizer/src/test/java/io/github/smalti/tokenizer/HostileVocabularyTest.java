package io.github.smalti.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.golden.GoldenCase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// `tokenizer.json` and the two files of special tokens, one member wrong at a time.
class HostileVocabularyTest {
    private static final String GOOD = """
            {"added_tokens": [{"id": 0, "content": "<s>", "lstrip": false}, {"id": 4, "content": "<mask>", "rstrip": true}],
             "normalizer": null, "pre_tokenizer": {"type": "ByteLevel", "use_regex": true},
             "model": {"type": "BPE", "end_of_word_suffix": "", "vocab": {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3,
              "a": 5, "b": 6, "ab": 7}, "merges": ["a b"]}}
            """;

    @TempDir
    private Path folder;

    private BartTokenizer read(String json) throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), json);
        return BartTokenizer.read(folder);
    }

    private void refuses(String file, String mention) {
        TokenizerException e = assertThrows(TokenizerException.class, () -> BartTokenizer.read(folder));
        assertTrue(e.file().endsWith(file) && e.detail().contains(mention), e.getMessage());
    }

    static Stream<Arguments> changes() {
        String many = "{\"id\": 0, \"content\": \"<s>\"},".repeat(1000);
        return Stream.of(Arguments.of("\"BPE\"", "\"WordPiece\"", "model type: expected \"BPE\", found \"WordPiece\""),
                Arguments.of("\"ByteLevel\"", "\"Metaspace\"", "pre-tokenizer: expected \"ByteLevel\""),
                Arguments.of("\"end_of_word_suffix\": \"\"", "\"continuing_subword_prefix\": \"##\"",
                        "continuing_subword_prefix: expected \"\", found \"##\""),
                Arguments.of("\"use_regex\": true", "\"use_regex\": false",
                        "a pre-tokenizer that does not split words"),
                Arguments.of("\"type\": \"BPE\"", "\"type\": \"BPE\", \"byte_fallback\": true", "byte_fallback is not"),
                Arguments.of("\"type\": \"BPE\"", "\"type\": \"BPE\", \"ignore_merges\": true", "ignore_merges is not"),
                Arguments.of("\"normalizer\": null", "\"normalizer\": {}", "a normalizer is not supported"),
                Arguments.of("{\"id\": 0,", many + "{\"id\": 0,", "1002 added tokens, at most 1000"),
                Arguments.of("\"<mask>\"", "\"<s>\"", "added token \"<s>\" appears twice"),
                Arguments.of("\"<mask>\"", "\"\"", "added token \"\" with id 4"),
                Arguments.of("\"<mask>\"", "\"" + "m".repeat(257) + "\"", "with id 4"),
                Arguments.of("\"id\": 4", "\"id\": -4", "added token \"<mask>\" with id -4"),
                Arguments.of("\"rstrip\": true", "\"single_word\": true", "single_word is not supported"),
                Arguments.of("\"id\": 0", "\"id\": 3", "token \"<s>\" has ids 0 and 3"),
                Arguments.of("\"id\": 0", "\"id\": \"0\"", "expected an integer, found a string"),
                Arguments.of("\"a b\"", "\"a\"", "merge 0 is \"a\", expected two tokens with one space between"),
                Arguments.of("\"a b\"", "\"a  b\"", "expected two tokens with one space between"),
                Arguments.of("\"a b\"", "\" ab\"", "expected two tokens with one space between"),
                Arguments.of("\"a b\"", "\"ab \"", "expected two tokens with one space between"),
                Arguments.of("\"a b\"", "[\"a\"]", "merge 0 has 1 parts, expected 2"),
                Arguments.of("\"a b\"", "[\"a\", 1]", "merges: expected a string, found a number"),
                Arguments.of("\"a b\"", "\"b a\"", "the result \"ba\" of \"b a\" is not in the vocabulary"),
                Arguments.of("\"a b\"", "\"a b\", [\"a\", \"b\"]", "merge 1: \"a b\" appears twice"),
                Arguments.of("\"merges\": [", "\"merges\": 1, \"x\": [", "merges: expected an array, found a number"),
                Arguments.of("\"model\":", "\"x\":", "no member \"model\""),
                Arguments.of("\"vocab\": {", "\"vocab\": [], \"x\": {", "vocabulary: expected an object"),
                Arguments.of("\"<unk>\": 3", "\"\\u202e\\ud800\": 3", "no token \"<unk>\", which is the unk_token"));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void refuses(String from, String to, String mention) throws IOException {
        assertTrue(GOOD.contains(from), from);
        Files.writeString(folder.resolve("tokenizer.json"), GOOD.replace(from, to));
        refuses("tokenizer.json", mention);
    }

    @Test
    void readsPairsAndPlainMembers() throws IOException {
        int[] expected = {0, 7, 2};
        for (String same : new String[]{GOOD, GOOD.replace("\"a b\"", "[\"a\", \"b\"]"),
                GOOD.replace(", \"use_regex\": true", "").replace("\"end_of_word_suffix\": \"\", ", ""),
                GOOD.replaceFirst("\"added_tokens\": \\[.*\\],", "").replace("\"<unk>\": 3",
                        "\"<unk>\": 3, \"<m>\": 4")}) {
            assertArrayEquals(expected, read(same).encodeAll("ab"));
        }
    }

    private void special(String name, String json) throws IOException {
        Path good = GoldenCase.path("bad-files/tokenizer/good");
        for (String file : new String[]{"vocab.json", "merges.txt"}) {
            Files.write(folder.resolve(file), Files.readAllBytes(good.resolve(file)));
        }
        Files.writeString(folder.resolve(name), json);
    }

    static Stream<Arguments> specials() {
        String map = "special_tokens_map.json";
        String config = "tokenizer_config.json";
        String many = "[" + "\"x\",".repeat(1000) + "\"x\"]";
        return Stream.of(Arguments.of(map, "[]", "expected an object, found an array"),
                Arguments.of(config, "1", "expected an object, found a number"),
                Arguments.of(map, "{\"bos_token\": 1}", "bos_token: expected a string"),
                Arguments.of(map, "{\"bos_token\": {\"content\": 1}}", "bos_token: expected a string"),
                Arguments.of(map, "{\"bos_token\": {}}", "bos_token: no member \"content\""),
                Arguments.of(map, "{\"bos_token\": \"\"}", "bos_token has 0 characters, expected 1 to 256"),
                Arguments.of(map, "{\"bos_token\": \"" + "x".repeat(257) + "\"}", "bos_token has 257 characters"),
                Arguments.of(map, "{\"additional_special_tokens\": 1}", "additional_special_tokens: expected an array"),
                Arguments.of(map, "{\"additional_special_tokens\": " + many + "}",
                        "1001 additional_special_tokens, at most"),
                Arguments.of(config, "{\"add_prefix_space\": 1}", "add_prefix_space: expected true or false"));
    }

    @ParameterizedTest
    @MethodSource("specials")
    void refusesSpecialTokens(String name, String json, String mention) throws IOException {
        special(name, json);
        refuses(name, mention);
    }

    @Test
    void shortFilesOfMergesAreRead() throws IOException {
        special("tokenizer_config.json", "{\"add_prefix_space\": true}");
        for (String merges : new String[]{"", "\n\n", "#version: 0.2\n"}) {
            Files.writeString(folder.resolve("merges.txt"), merges);
            assertEquals(0, BartTokenizer.read(folder).bosId());
        }
        Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\n" + "a".repeat(4097));
        refuses("merges.txt", "line 2 has 4097 characters, at most 4096 are expected");
    }

    @Test
    void escapesForeignTextInMessages() {
        String text = "a\u0007\u202e\u2028\u2029\ud83d\ude00\ud83d-\ude00\ud83d";
        TokenizerException e = new TokenizerException(Path.of("f"), text);
        assertEquals("a\\u0007\\u202e\\u2028\\u2029\ud83d\ude00\\ud83d-\\ude00\\ud83d", e.detail());
        assertEquals("\\ude00", new TokenizerException(Path.of("f"), "\ude00").detail());
        assertEquals(901, new TokenizerException(Path.of("f"), "x".repeat(5000)).detail().length());
    }

    @Test
    void refusesLengthsBeyondTheIds() {
        for (int length : new int[]{-1, 3}) {
            assertEquals("length " + length + " of 2 ids", assertThrows(IllegalArgumentException.class,
                    () -> new TokenIds(new int[2], length, "")).getMessage());
        }
    }
}
