package io.github.smalti.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.golden.GoldenCase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the small files beside a vocabulary change.
class TokenizerOptionsTest {
    @TempDir
    Path folder;

    private void copy(Path source) throws IOException {
        try (Stream<Path> files = Files.list(source)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(".json") || name.equals("merges.txt")) Files.copy(file, folder.resolve(name));
            }
        }
    }

    private void write(String name, String text) throws IOException { Files.writeString(folder.resolve(name), text); }

    @Test
    void addsAPrefixSpaceOnlyIfAsked() throws IOException {
        copy(GoldenCase.path("bad-files/tokenizer/good"));
        assertArrayEquals(new int[]{0, 11, 2}, BartTokenizer.read(folder).encodeAll("abc"));
        write("tokenizer_config.json", "{\"add_prefix_space\": true}");
        BartTokenizer tokenizer = BartTokenizer.read(folder);
        assertArrayEquals(new int[]{0, 8, 11, 2}, tokenizer.encodeAll("abc"));
        assertArrayEquals(new int[]{0, 8, 11, 2}, tokenizer.encodeAll(" abc"));
        assertArrayEquals(new int[]{0, 2}, tokenizer.encodeAll(""));
        assertEquals("abc ab", tokenizer.encode("abc ab", 3).cut());
        assertEquals(" ab", tokenizer.encode("abc ab", 4).cut());
        assertEquals("abc", tokenizer.encode("abc", 2).cut());
    }

    @Test
    void findsSpecialTokensByTheNamesOfTheMap() throws IOException {
        copy(GoldenCase.path("bad-files/tokenizer/good"));
        write("special_tokens_map.json",
                "{\"pad_token\": \"c\", \"mask_token\": {\"content\": \"abc\", \"lstrip\": false,"
                        + " \"rstrip\": true}, \"additional_special_tokens\": [\"bc\"]}");
        BartTokenizer tokenizer = BartTokenizer.read(folder);
        assertEquals(7, tokenizer.padId());
        assertArrayEquals(new int[]{0, 11, 13, 5, 2}, tokenizer.encodeAll("abc  bca"));
        write("special_tokens_map.json", "{\"pad_token\": \"<none>\"}");
        var e = assertThrows(TokenizerException.class, () -> BartTokenizer.read(folder));
        assertTrue(e.getMessage().contains("<none>") && e.getMessage().contains("pad_token"), e.getMessage());
        write("special_tokens_map.json", "{\"pad_token\": 5}");
        assertThrows(TokenizerException.class, () -> BartTokenizer.read(folder));
    }

    @Test
    void readsPaddingAndContextOfClip() throws IOException {
        copy(GoldenCase.embeddedModels().resolve("emoji-scenes/clip"));
        write("special_tokens_map.json", "{\"pad_token\": \"!\"}");
        write("tokenizer_config.json", "{\"model_max_length\": 1000000000000000019884624838656}");
        ClipTokenizer tokenizer = ClipTokenizer.read(folder);
        assertEquals(0, tokenizer.padId());
        assertEquals(77, tokenizer.contextLength());
        assertEquals(0, tokenizer.encode("a cat", 8).ids()[7]);
        write("tokenizer_config.json", "{\"model_max_length\": 2147483647}"); // callers make room for as many
        assertEquals(77, ClipTokenizer.read(folder).contextLength());
        write("tokenizer_config.json", "{\"model_max_length\": -3}");
        assertThrows(TokenizerException.class, () -> ClipTokenizer.read(folder));
    }

    @Test
    void refusesATokenizerJsonOfAnotherKind() throws IOException {
        Path source = GoldenCase.embeddedModels().resolve("emoji-scenes/dalle/tokenizer.json");
        String good = Files.readString(source);
        String[][] changes = {{"\"type\": \"BPE\"", "\"type\": \"WordPiece\""},
                {"\"type\": \"ByteLevel\"", "\"type\": \"Metaspace\""}, {"\"normalizer\": null", "\"normalizer\": {}"},
                {"\"end_of_word_suffix\": \"\"", "\"end_of_word_suffix\": \"</w>\""},
                {"\"use_regex\": true", "\"use_regex\": false"}, {"\"single_word\": false", "\"single_word\": true"}};
        write("tokenizer.json", good);
        assertEquals(1861, BartTokenizer.read(folder).vocabSize());
        for (String[] change : changes) {
            int at = good.indexOf(change[0]);
            assertTrue(at >= 0, change[0]);
            write("tokenizer.json", good.substring(0, at) + change[1] + good.substring(at + change[0].length()));
            assertThrows(TokenizerException.class, () -> BartTokenizer.read(folder), change[1]);
        }
    }

    @Test
    void refusesMutantsOfTheOpenAiFile() throws IOException {
        byte[] good = Files.readAllBytes(GoldenCase.path("vocabularies/clip-bpe/bpe_simple_vocab_16e6.txt.gz"));
        long seed = Long.getLong("tests.seed", 20261123);
        var random = new Random(seed);
        int refused = 0;
        for (int i = 0; i < 40; i++) {
            byte[] mutant = good.clone();
            mutant[random.nextInt(i % 2 == 0 ? 64 : 250_000)] ^= (byte) (1 << random.nextInt(8));
            Path file = folder.resolve("mutant.gz");
            Files.write(file, mutant);
            try {
                ClipTokenizer.readOpenAi(file).encode("a cat", 77);
            } catch (TokenizerException _) {
                refused++;
            } catch (RuntimeException e) {
                throw new AssertionError("mutant " + i + " of seed " + seed, e);
            }
        }
        assertTrue(refused > 20, "refused " + refused);
    }
}
