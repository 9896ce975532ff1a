package io.github.smalti.bench.checkpoint;

import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonValue;
import java.io.BufferedReader;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/// Tokenizer files of the published sizes: random weights read real words.
///
/// DALL·E mini's own vocabulary serves both of its sizes; CLIP's is OpenAI's list of merges, written as Hugging Face
/// writes it.
final class Vocabularies {
    private static final String DALLE = "vocabularies/dalle-mini-tokenizer/";
    private static final String CLIP = "vocabularies/clip-bpe/bpe_simple_vocab_16e6.txt.gz";
    private static final int CLIP_MERGES = 49152 - 256 - 2;
    private static final String WORD_END = "</w>";
    private static final String START = "<|startoftext|>";
    private static final String END = "<|endoftext|>";

    private Vocabularies() {}

    /// Writes DALL·E mini's tokenizer.
    static void writeDalle(Path folder) throws IOException {
        for (String name : List.of("vocab.json", "merges.txt", "special_tokens_map.json", "tokenizer_config.json")) {
            try (InputStream in = open(DALLE + name)) {
                Files.copy(in, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    /// Writes CLIP's tokenizer.
    static void writeClip(Path folder, int context) throws IOException {
        List<String> merges = clipMerges();
        List<String> bytes = byteAlphabet();
        Map<String, Object> ids = new LinkedHashMap<>();
        for (String token : bytes) ids.put(token, ids.size());
        for (String token : bytes) ids.put(token + WORD_END, ids.size());
        for (String merge : merges) ids.put(merge.replace(" ", ""), ids.size());
        ids.put(START, ids.size());
        ids.put(END, ids.size());
        Files.writeString(folder.resolve("vocab.json"), Json.write(JsonValue.of(ids)));
        Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\n" + String.join("\n", merges) + "\n");
        Map<String, Object> marks = new LinkedHashMap<>();
        marks.put("bos_token", START);
        for (String role : List.of("eos_token", "unk_token", "pad_token")) marks.put(role, END);
        Files.writeString(folder.resolve("special_tokens_map.json"), Json.write(JsonValue.of(marks)));
        marks.put("model_max_length", context);
        marks.put("tokenizer_class", "CLIPTokenizer");
        Files.writeString(folder.resolve("tokenizer_config.json"), Json.write(JsonValue.of(marks)));
    }

    private static List<String> clipMerges() throws IOException {
        try (var in = new BufferedReader(
                new InputStreamReader(new GZIPInputStream(open(CLIP)), StandardCharsets.UTF_8))) {
            in.readLine(); // names the file and its version
            List<String> merges = new ArrayList<>(CLIP_MERGES);
            while (merges.size() < CLIP_MERGES) merges.add(in.readLine());
            return merges;
        }
    }

    /// GPT-2's character of every byte, printable Latin-1 first, then the other 68 from U+0100 on.
    private static List<String> byteAlphabet() {
        List<String> printable = new ArrayList<>();
        List<String> rest = new ArrayList<>();
        for (int b = 0; b < 256; b++) {
            if (b >= '!' && b <= '~' || b >= 0xa1 && b <= 0xac || b >= 0xae) {
                printable.add(String.valueOf((char) b));
            } else {
                rest.add(String.valueOf((char) (256 + rest.size())));
            }
        }
        printable.addAll(rest);
        return printable;
    }

    private static InputStream open(String name) throws IOException {
        InputStream in = Vocabularies.class.getResourceAsStream(name);
        if (in == null) throw new FileNotFoundException(name + " is missing from the benchmarks' jar");
        return in;
    }
}
