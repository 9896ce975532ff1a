package io.github.smalti.tokenizer.internal;

import io.github.smalti.tokenizer.TokenizerException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

/// OpenAI's `bpe_simple_vocab_16e6.txt.gz`: a header line, then merges. CLIP uses the first 48,894 of them and ignores
/// the rest of the file (openai/CLIP, simple_tokenizer.py @ d05afc4).
///
/// @param vocabulary 49,408 tokens: the bytes, the bytes at a word's end, the merged tokens, start and end mark
/// @param merges     the merges
public record OpenAiMerges(Vocabulary vocabulary, MergeTable merges) {
    /// What CLIP appends to the last character of a word.
    public static final String WORD_END = "</w>";

    private static final int MERGE_COUNT = 49152 - 256 - 2;
    private static final int LONGEST_LINE = 1024;

    /// Reads the file; stops after the merges that CLIP uses, so a longer file costs nothing.
    public static OpenAiMerges read(Path file) {
        List<String> lines = lines(file);
        List<String> tokens = new ArrayList<>(2 * 256 + MERGE_COUNT + 2);
        for (int i = 0; i < 256; i++) tokens.add(String.valueOf(ByteAlphabet.character(ByteAlphabet.inOrder(i))));
        for (int i = 0; i < 256; i++) tokens.add(tokens.get(i) + WORD_END);
        for (String line : lines) tokens.add(line.replace(" ", ""));
        tokens.add(WordSplitter.CLIP_START);
        tokens.add(WordSplitter.CLIP_END);
        Vocabulary vocabulary = Vocabulary.of(file, tokens);
        return new OpenAiMerges(vocabulary, MergeRules.of(file, lines, 2, vocabulary));
    }

    private static List<String> lines(Path file) {
        try (InputStream packed = Files.newInputStream(file); InputStream in = new GZIPInputStream(packed, 1 << 16)) {
            line(in, file, 1);
            List<String> lines = new ArrayList<>(MERGE_COUNT);
            while (lines.size() < MERGE_COUNT) {
                String line = line(in, file, lines.size() + 2);
                if (line == null) {
                    throw new TokenizerException(file,
                            "holds " + lines.size() + " merges, expected at least " + MERGE_COUNT);
                }
                lines.add(line);
            }
            return lines;
        } catch (NoSuchFileException _) {
            throw new TokenizerException(file, "no such file");
        } catch (IOException e) {
            throw new TokenizerException(file, "is no complete gzip file: " + e.getMessage());
        }
    }

    /// The next line without its end, or null at the end of the file.
    private static String line(InputStream in, Path file, int number) throws IOException {
        var bytes = new ByteArrayOutputStream();
        int b = in.read();
        if (b < 0) return null;
        while (b >= 0 && b != '\n') {
            bytes.write(b);
            if (bytes.size() > LONGEST_LINE) {
                throw new TokenizerException(file, "line " + number + " is longer than " + LONGEST_LINE + " bytes");
            }
            b = in.read();
        }
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray())).toString();
        } catch (CharacterCodingException _) {
            throw new TokenizerException(file, "line " + number + " is not UTF-8");
        }
    }
}
