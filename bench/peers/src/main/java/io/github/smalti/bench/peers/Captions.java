package io.github.smalti.bench.peers;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/// Workload I: captions of 4 to 20 words, half of them from a list with letters beyond ASCII, half of them made up, with
/// punctuation between, as ids of DALL·E mini's vocabulary. Both tokenizers remember words that they have met. Nothing is normalised before: characters that the vocabulary lacks are the tokenizer's own business.
final class Captions {
    private static final int COUNT = 10_000;
    private static final int SHORTEST = 4, LONGEST = 20;
    private static final List<String> WORDS = List.of("a", "the", "of", "in", "on", "with", "and", "under", "armchair",
            "avocado", "teapot", "lighthouse", "mountain", "bicycle", "watercolour", "photograph", "oil", "painting",
            "illustration", "sunset", "forest", "reflection", "cathedral", "astronaut", "horse", "daikon", "tutu",
            "dog", "walking", "floating", "glowing", "antique", "minimalist", "hexagonal", "translucent", "Tokyo",
            "Paris", "Vincent", "NASA", "4k", "1984", "35mm", "it's", "don't", "artist's", "trending", "artstation",
            "unreal", "café", "naïve", "Zürich", "jalapeño", "Øresund", "Ελλάδα", "Москва", "東京", "🎨", "😀",
            "“quoted”");
    private static final List<String> MARKS = List.of(" ", " ", " ", " ", " ", " ", ", ", ". ", " - ", "! ", "; ", "  ",
            ": ", " (", ") ", "…");

    private static final List<String> SYLLABLES = List.of("ba", "con", "der", "el", "fra", "gli", "hu", "in", "jo",
            "ka",
            "lem", "mo", "nur", "o", "pri", "qua", "res", "sto", "tion", "ul", "ver", "wy", "xa", "zen");

    private Captions() {}

    /// The folder of DALL·E mini's vocabulary, which the random checkpoint has too.
    static Path vocabulary() { return Network.folder("mini"); }

    /// The same captions in every process.
    static List<String> all() {
        Random random = new Random(51);
        List<String> captions = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            StringBuilder caption = new StringBuilder();
            for (int left = random.nextInt(SHORTEST, LONGEST + 1); left > 0; left--) {
                caption.append(word(random));
                if (left > 1) caption.append(MARKS.get(random.nextInt(MARKS.size())));
            }
            captions.add(caption.toString());
        }
        return captions;
    }

    private static String word(Random random) {
        if (random.nextBoolean()) return WORDS.get(random.nextInt(WORDS.size()));
        StringBuilder word = new StringBuilder();
        for (int left = random.nextInt(1, 4); left > 0; left--) {
            word.append(SYLLABLES.get(random.nextInt(SYLLABLES.size())));
        }
        return word.toString();
    }

    /// Ids as they are compared: those of all captions; each begins with a mark.
    static float[] outputs(int[][] ids) {
        int[] all = Arrays.stream(ids).flatMapToInt(IntStream::of).toArray();
        float[] out = new float[all.length];
        for (int i = 0; i < all.length; i++) out[i] = all[i];
        return out;
    }
}
