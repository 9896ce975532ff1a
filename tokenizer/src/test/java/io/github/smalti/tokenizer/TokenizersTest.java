package io.github.smalti.tokenizer;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.golden.GoldenCase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizersTest {
    @Test
    void tellsTheFamiliesByTheirFiles(@TempDir Path folder) throws IOException {
        assertInstanceOf(YouTokenToMeTokenizer.class, Tokenizers.read(GoldenCase.path("rudalle/tokenizer")));
        assertInstanceOf(CharBpeTokenizer.class, Tokenizers.read(GoldenCase.path("mindalle/txt2img")));
        assertInstanceOf(CharBpeTokenizer.class, Tokenizers.read(GoldenCase.path("mindalle/txt2img/tokenizer")));
        Path scenes = GoldenCase.embeddedModels().resolve("emoji-scenes/dalle");
        assertInstanceOf(BartTokenizer.class, Tokenizers.read(scenes));
        Files.copy(scenes.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
        assertInstanceOf(BartTokenizer.class, Tokenizers.read(folder));
    }

    @Test
    void saysWhatItExpectsWhereThereIsNone(@TempDir Path folder) throws IOException {
        Files.writeString(folder.resolve("merges.txt"), "a b\n");
        for (Path none : new Path[]{folder, folder.resolve("missing")}) {
            var e = assertThrows(TokenizerException.class, () -> Tokenizers.read(none));
            assertTrue(e.getMessage().contains("bpe.model") && e.getMessage().contains("vocab.json"), e.getMessage());
        }
        Files.writeString(folder.resolve("bpe.model"), "no numbers");
        var e = assertThrows(TokenizerException.class, () -> Tokenizers.read(folder));
        assertTrue(e.file().endsWith("bpe.model"), e.getMessage());
    }
}
