package io.github.smalti.tokenizer;

import io.github.smalti.golden.GoldenCase;
import io.github.smalti.golden.MutationFuzz;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Damaged vocabularies are read and used, or refused by a [TokenizerException].
@Tag("fuzz")
class VocabularyFuzzTest {
    private static final Path BART = GoldenCase.path("bad-files/tokenizer/good");
    private static final Path CHAR_BPE = GoldenCase.path("mindalle/txt2img/tokenizer");
    private static final Path SCENES = GoldenCase.embeddedModels().resolve("emoji-scenes");
    private static final String[] JSON_WORDS = {"{", "}", "[", "]", ":", ",", "\"", "null", "true", "\"<s>\"",
            "\"<pad>\"", "\"<mask>\"", "\"content\":", "\"\"", "\\u0120", "\\ud800", "\u00c4\u00a0", "-1", "1e9",
            "\"lstrip\": true", "\"merges\"", "\"vocab\"", "</w>"};
    private static final String TOKENIZER = """
            {"version": "1.0", "added_tokens": [
             {"id": 0, "content": "<s>", "lstrip": false, "rstrip": false, "special": true},
             {"id": 1, "content": "<pad>", "special": true}, {"id": 2, "content": "</s>", "special": true},
             {"id": 3, "content": "<unk>", "special": true}, {"id": 4, "content": "<mask>", "lstrip": true}],
             "normalizer": null, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
             "model": {"type": "BPE", "end_of_word_suffix": "", "vocab": {"<s>": 0, "<pad>": 1, "</s>": 2,
              "<unk>": 3, "<mask>": 4, "a": 5, "b": 6, "c": 7, "\u0120": 8, "ab": 9, "abc": 10},
              "merges": ["a b", ["ab", "c"]]}}
            """;

    private static byte[] bytes(Path file) throws IOException { return Files.readAllBytes(file); }

    private static void readBart(Path file) {
        BartTokenizer tokenizer = BartTokenizer.read(file.getParent());
        tokenizer.decode(tokenizer.encode(" ab abc <mask> \ud83d\ude00", 16).ids());
    }

    private static void readClip(Path file) {
        ClipTokenizer tokenizer = ClipTokenizer.read(file.getParent());
        tokenizer.decode(tokenizer.encode("a cat, <|endoftext|> \ud83d\ude00", tokenizer.contextLength()).ids());
    }

    private static void readYouTokenToMe(Path file) {
        YouTokenToMeTokenizer tokenizer = YouTokenToMeTokenizer.read(file);
        tokenizer.decode(tokenizer.encode("\u041a\u043e\u0442 \u0438 cat \ud83d\ude00\u0130", 16).ids());
    }

    private static void readCharBpe(Path file) {
        CharBpeTokenizer tokenizer = CharBpeTokenizer.read(file.getParent());
        tokenizer.decode(tokenizer.encode("A cat, [UNK] \u732b\ud83d\ude00\u0130", 16).ids());
    }

    private static MutationFuzz fuzz(String method) {
        return MutationFuzz.of("VocabularyFuzzTest#" + method, TokenizerException.class).words(JSON_WORDS);
    }

    @Test
    void vocabulary() throws IOException, InterruptedException {
        fuzz("vocabulary").named("vocab.json").good(bytes(BART.resolve("vocab.json")))
                .beside("merges.txt", bytes(BART.resolve("merges.txt"))).run(VocabularyFuzzTest::readBart);
    }

    @Test
    void merges() throws IOException, InterruptedException {
        fuzz("merges").named("merges.txt").good(bytes(BART.resolve("merges.txt")))
                .words("#version: 0.2\n", " ", "\n", "\r\n", "a b", "ab c")
                .bad("a\u2028b".getBytes(StandardCharsets.UTF_8))
                .beside("vocab.json", bytes(BART.resolve("vocab.json"))).run(VocabularyFuzzTest::readBart);
    }

    @Test
    void tokenizerJson() throws IOException, InterruptedException {
        fuzz("tokenizerJson").named("tokenizer.json").good(TOKENIZER.getBytes(StandardCharsets.UTF_8))
                .run(VocabularyFuzzTest::readBart);
    }

    @Test
    void specialTokens() throws IOException, InterruptedException {
        fuzz("specialTokens").named("special_tokens_map.json")
                .good(bytes(SCENES.resolve("dalle/special_tokens_map.json")))
                .good(bytes(GoldenCase.path("vocabularies/dalle-mini-tokenizer/special_tokens_map.json")))
                .beside("vocab.json", bytes(BART.resolve("vocab.json")))
                .beside("merges.txt", bytes(BART.resolve("merges.txt"))).run(VocabularyFuzzTest::readBart);
    }

    @Test
    void tokenizerConfig() throws IOException, InterruptedException {
        fuzz("tokenizerConfig").named("tokenizer_config.json")
                .good(bytes(SCENES.resolve("clip/tokenizer_config.json")))
                .beside("vocab.json", bytes(SCENES.resolve("clip/vocab.json")))
                .beside("merges.txt", bytes(SCENES.resolve("clip/merges.txt")))
                .beside("special_tokens_map.json", bytes(SCENES.resolve("clip/special_tokens_map.json")))
                .run(VocabularyFuzzTest::readClip);
    }

    @Test
    void clipVocabulary() throws IOException, InterruptedException {
        fuzz("clipVocabulary").named("vocab.json").good(bytes(SCENES.resolve("clip/vocab.json")))
                .beside("merges.txt", bytes(SCENES.resolve("clip/merges.txt"))).run(VocabularyFuzzTest::readClip);
    }

    @Test
    void youTokenToMeModel() throws IOException, InterruptedException {
        fuzz("youTokenToMeModel").named("bpe.model").good(bytes(GoldenCase.path("rudalle/tokenizer/bpe.model")))
                .good("3 2\n9601 4\n97 5\n98 6\n4 5 7\n5 6 8\n1 0 2 3\n".getBytes(StandardCharsets.UTF_8))
                .words("9601", "4 5 7\n", "0", "-1", "2147483647", "4294967296", " ", "\r\n", "1 0 2 3\n")
                .run(VocabularyFuzzTest::readYouTokenToMe);
    }

    @Test
    void charBpeVocabulary() throws IOException, InterruptedException {
        fuzz("charBpeVocabulary").named("bpe-16k-vocab.json").good(bytes(CHAR_BPE.resolve("bpe-16k-vocab.json")))
                .words("\"[UNK]\"", "\"[PAD]\"", "\"</w>\"")
                .beside("bpe-16k-merges.txt", bytes(CHAR_BPE.resolve("bpe-16k-merges.txt")))
                .run(VocabularyFuzzTest::readCharBpe);
    }

    @Test
    void charBpeMerges() throws IOException, InterruptedException {
        fuzz("charBpeMerges").named("bpe-16k-merges.txt").good(bytes(CHAR_BPE.resolve("bpe-16k-merges.txt")))
                .words("#version: 0.2\n", " ", "\n", "\r\n", "c at</w>\n")
                .beside("bpe-16k-vocab.json", bytes(CHAR_BPE.resolve("bpe-16k-vocab.json")))
                .run(VocabularyFuzzTest::readCharBpe);
    }

    /// No short file can be a whole one, so all are refused: as text, and as what is in the gzip file.
    @Test
    void openAiMerges() throws IOException, InterruptedException {
        byte[] text = "\"bpe\" version\ni n\nt h\na n</w>\n".repeat(40).getBytes(StandardCharsets.UTF_8);
        fuzz("openAiMerges").named("merges.txt.gz").bad(zipped(text)).bad("bad-files/tokenizer", 1_000)
                .words("\u001f\u008b\u0008", "\u0000\u0000\u00ff\u00ff").run(ClipTokenizer::readOpenAi);
        fuzz("openAiMerges").named("merges.txt.gz").bad(text).within(VocabularyFuzzTest::zipped)
                .run(ClipTokenizer::readOpenAi);
    }

    private static byte[] zipped(byte[] bytes) {
        var out = new ByteArrayOutputStream();
        try (var gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
