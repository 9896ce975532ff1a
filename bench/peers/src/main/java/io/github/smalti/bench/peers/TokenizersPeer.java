package io.github.smalti.bench.peers;

import ai.djl.engine.Engine;
import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Hugging Face's tokenizers, written in Rust, through DJL: caption by caption on one thread; the same, but fetching ids
/// alone (DJL otherwise copies tokens, offsets and masks into Java too); or all in one call, which the library spreads
/// over all processors by itself.
final class TokenizersPeer implements Peer {
    private static final String TOKENIZER = """
            {"version": "1.0", "added_tokens": [%s],
             "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
             "post_processor": {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": true,
               "add_prefix_space": false},
             "model": {"type": "BPE", "vocab": %s, "merges": [%s]}}
            """;
    private static final String ADDED = """
            {"id": %d, "content": "%s", "special": true, "single_word": false, "lstrip": false, "rstrip": false,
             "normalized": false}""";
    private static final List<String> MARKS = List.of("<s>", "<pad>", "</s>", "<unk>");

    /// How it is called.
    enum Way {
        EACH("caption by caption, 1 thread"), IDS("caption by caption, ids alone, 1 thread"), BATCH(
                "one call, threads of its own");

        private final String words;

        Way(String words) { this.words = words; }
    }

    private final Way way;

    TokenizersPeer(Way way) { this.way = way; }

    @Override
    public String describe() {
        return "Hugging Face tokenizers through DJL " + Engine.getDjlVersion() + ", " + way.words;
    }

    @Override
    public Work open(String[] words) throws Exception {
        if (!words[0].equals("I")) throw new UnsupportedOperationException("tokens only");
        Path file = Files.createTempFile("tokenizer", ".json");
        try {
            Files.writeString(file, json(Captions.vocabulary()));
            return new Tokenize(
                    HuggingFaceTokenizer.newInstance(file, Map.of("padding", "false", "truncation", "false")), way);
        } finally {
            Files.delete(file);
        }
    }

    /// The vocabulary in the one file that the library reads.
    private static String json(Path folder) throws IOException {
        List<String> added = MARKS.stream().map(mark -> ADDED.formatted(MARKS.indexOf(mark), mark)).toList();
        List<String> merges = Files.readAllLines(folder.resolve("merges.txt")).stream()
                .filter(line -> !line.isEmpty() && !line.startsWith("#version"))
                .map(line -> '"' + line.replace("\\", "\\\\").replace("\"", "\\\"") + '"').toList();
        return TOKENIZER.formatted(String.join(",", added), Files.readString(folder.resolve("vocab.json")),
                String.join(",", merges));
    }

    private static final class Tokenize implements Work {
        private final HuggingFaceTokenizer tokenizer;
        private final Way way;
        private final String[] captions = Captions.all().toArray(String[]::new);
        private final long[][] ids = new long[captions.length][];

        Tokenize(HuggingFaceTokenizer tokenizer, Way way) {
            this.tokenizer = tokenizer;
            this.way = way;
        }

        @Override
        public float run() {
            if (way == Way.BATCH) {
                Encoding[] encodings = tokenizer.batchEncode(captions, true, false);
                for (int i = 0; i < ids.length; i++) ids[i] = encodings[i].getIds();
            } else {
                for (int i = 0; i < ids.length; i++) {
                    ids[i] = way == Way.IDS
                            ? idsAlone(captions[i])
                            : tokenizer.encode(captions[i], true, false).getIds();
                }
            }
            return ids[0][0];
        }

        private long[] idsAlone(String caption) {
            long encoding = TokenizersLibrary.LIB.encode(tokenizer.getHandle(), caption, true);
            long[] found = TokenizersLibrary.LIB.getTokenIds(encoding);
            TokenizersLibrary.LIB.deleteEncoding(encoding);
            return found;
        }

        @Override
        public float[] outputs() {
            return Captions.outputs(Arrays.stream(ids)
                    .map(caption -> Arrays.stream(caption).mapToInt(Math::toIntExact).toArray()).toArray(int[][]::new));
        }

        @Override
        public void close() { tokenizer.close(); }
    }
}
