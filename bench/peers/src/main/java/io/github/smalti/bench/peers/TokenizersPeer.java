package io.github.smalti.bench.peers;

import ai.djl.engine.Engine;
import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// Hugging Face's tokenizers, written in Rust, through DJL: caption by caption on one thread, or all in one call, which
/// the library spreads over all processors by itself.
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

    private final boolean batch;

    /// @param batch whether all captions go into one call
    TokenizersPeer(boolean batch) { this.batch = batch; }

    @Override
    public String describe() {
        return "Hugging Face tokenizers through DJL " + Engine.getDjlVersion()
                + (batch ? ", one call, threads of its own" : ", caption by caption, 1 thread");
    }

    @Override
    public Work open(String[] words) throws Exception {
        if (!words[0].equals("I")) throw new UnsupportedOperationException("tokens only");
        Path file = Files.createTempFile("tokenizer", ".json");
        try {
            Files.writeString(file, json(Captions.vocabulary()));
            return new Tokenize(HuggingFaceTokenizer.newInstance(file), batch);
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
        private final boolean batch;
        private final String[] captions = Captions.all().toArray(String[]::new);
        private final Encoding[] encodings = new Encoding[captions.length];

        Tokenize(HuggingFaceTokenizer tokenizer, boolean batch) {
            this.tokenizer = tokenizer;
            this.batch = batch;
        }

        @Override
        public float run() {
            if (batch) {
                System.arraycopy(tokenizer.batchEncode(captions, true, false), 0, encodings, 0, captions.length);
            } else {
                for (int i = 0; i < captions.length; i++) encodings[i] = tokenizer.encode(captions[i], true, false);
            }
            return encodings[0].getIds()[0];
        }

        @Override
        public float[] outputs() {
            int[][] ids = new int[encodings.length][];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = Arrays.stream(encodings[i].getIds()).mapToInt(Math::toIntExact).toArray();
            }
            return Captions.outputs(ids);
        }

        @Override
        public void close() { tokenizer.close(); }
    }
}
