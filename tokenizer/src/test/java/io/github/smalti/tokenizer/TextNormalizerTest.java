package io.github.smalti.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.golden.GoldenCase;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

class TextNormalizerTest {
    static final TextNormalizer NORMALIZER = new TextNormalizer(standInWords());
    private static final BartTokenizer MINI = BartTokenizer.read(GoldenCase.path("vocabularies/dalle-mini-tokenizer"));

    static List<String> standInWords() {
        Path file = GoldenCase.path("vocabularies/english-words-by-frequency/wordninja_words.txt.gz");
        try (var lines = new BufferedReader(new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)),
                StandardCharsets.UTF_8))) {
            return lines.lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode cases() {
        return GoldenCase.json(GoldenCase.path("tokenizer/dalle-mini-normalise.json")).get("cases");
    }

    private static Set<String> needs(JsonNode golden) {
        Set<String> needs = new TreeSet<>();
        for (JsonNode need : golden.get("needs")) needs.add(need.asText());
        return needs;
    }

    @Test
    void equalsTheReferenceWhereNoOutsideTableIsNeeded() {
        int count = 0;
        for (JsonNode golden : cases()) {
            Set<String> needs = needs(golden);
            needs.remove("hashtag-word-list");
            if (!needs.isEmpty()) continue;
            count++;
            String normalised = NORMALIZER.normalize(golden.get("text").asText());
            assertEquals(golden.get("normalised").asText(), normalised);
            assertArrayEquals(BartTokenizerTest.ints(golden.get("ids_64")), MINI.encode(normalised, 64).ids());
        }
        assertEquals(106, count);
    }

    /// Cases met of those that need an outside table, as docs/tokenizer-coverage.md publishes them.
    private static final Map<String, Integer> PUBLISHED = Map.of("emoji", 18, "ftfy", 8, "hashtag-word-list", 3,
            "html-entities", 1, "unidecode", 94);

    @Test
    void meetsThePublishedShareOfEveryTable() {
        Map<String, Integer> met = new TreeMap<>();
        Map<String, Integer> all = new TreeMap<>();
        List<String> misses = new ArrayList<>();
        for (JsonNode golden : cases()) {
            String normalised = NORMALIZER.normalize(golden.get("text").asText());
            boolean equal = golden.get("normalised").asText().equals(normalised);
            if (!equal) misses.add(golden.get("text") + " -> " + normalised + ", not" + golden.get("normalised"));
            for (String need : needs(golden)) {
                all.merge(need, 1, Integer::sum);
                met.merge(need, equal ? 1 : 0, Integer::sum);
            }
        }
        assertEquals(PUBLISHED.keySet(), all.keySet());
        PUBLISHED.forEach((need, count) -> assertTrue(met.get(need) >= count,
                () -> need + ": " + met.get(need) + " of " + all.get(need) + "\n" + String.join("\n", misses)));
        String page = GoldenCase.path("../../docs/tokenizer-coverage.md").toString();
        String table = read(Path.of(page));
        all.forEach((need, count) -> {
            String row = "| " + need + " | " + count + " | " + PUBLISHED.get(need) + " |";
            assertTrue(table.contains(row), () -> page + " lacks the row " + row);
        });
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void leavesTheWordsAroundAlone() {
        int words = 0;
        for (JsonNode golden : cases()) {
            String text = golden.get("text").asText();
            if (text.contains("<") || text.contains("http")) continue;
            String around = NORMALIZER.normalize("zebra " + text + " quokka");
            assertTrue(around.startsWith(" zebra"), around);
            assertTrue(around.endsWith("quokka"), around);
            assertTrue(around.chars().allMatch(c -> c >= ' ' && c < 0x7f), around);
            var want = new HashSet<>(List.of(golden.get("normalised").asText().split("[ ,]+")));
            var found = new HashSet<>(List.of(around.split("[ ,]+")));
            for (String word : text.split("\\s+")) {
                String small = word.toLowerCase(Locale.ROOT);
                if (!small.matches("[a-z]+") || !want.contains(small)) continue;
                assertTrue(found.contains(small), () -> small + " of " + text + " in " + around);
                words++;
            }
        }
        assertTrue(words > 1000, "only " + words + " words compared");
    }

    @Test
    void takesOneOfTheAcceptedWordingsForAPerson() {
        for (JsonNode golden : GoldenCase.json(GoldenCase.path("tokenizer/policy-person.json")).get("cases")) {
            List<String> accepted = new ArrayList<>();
            for (JsonNode text : golden.get("accepted")) accepted.add(text.asText());
            String normalised = NORMALIZER.normalize(golden.get("text").asText());
            assertTrue(accepted.contains(normalised), normalised);
        }
    }

    @Test
    void takesLoneSurrogatesAsReplacementCharacters() {
        for (JsonNode golden : GoldenCase.json(GoldenCase.path("tokenizer/policy-surrogates.json")).get("cases")) {
            String want = golden.get("dalle_mini_normalised").asText();
            assertEquals(want, NORMALIZER.normalize(golden.get("text").asText()));
        }
    }

    @Test
    void leavesHashtagsInOnePieceWithoutAWordList() {
        assertEquals(" nofilter a b", new TextNormalizer().normalize("#NoFilter #a_b"));
        assertEquals(" no filter a b", NORMALIZER.normalize("#NoFilter #a_b"));
    }

    @Test
    void namesEmojiWithTonesFlagsAndJoiners() {
        assertEquals(" thumbs up dark skin tone", NORMALIZER.normalize("\ud83d\udc4d\ud83c\udfff"));
        assertEquals(" man medium skin tone beard",
                NORMALIZER.normalize("\ud83e\uddd4\ud83c\udffd\u200d\u2642\ufe0f"));
        assertEquals(" couple with heart light skin tone",
                NORMALIZER.normalize("\ud83d\udc91\ud83c\udffb"));
        assertEquals(" scotland", NORMALIZER.normalize("\ud83c\udff4\udb40\udc67\udb40\udc62\udb40\udc73"
                + "\udb40\udc63\udb40\udc74\udb40\udc7f"));
        assertEquals(" cote d'ivoire", NORMALIZER.normalize("\ud83c\udde8\ud83c\uddee").replace(" \" ", "'"));
        assertEquals(" pizza, pizza", NORMALIZER.normalize("\ud83c\udf55\ud83c\udf55"));
    }

    @Test
    void repairsMojibake() {
        assertEquals(" schon cafe ete",
                NORMALIZER.normalize("sch\u00c3\u00b6n caf\u00c3\u00a9 \u00c3\u00a9t\u00c3\u00a9"));
        assertEquals(" moskva", NORMALIZER.normalize(new String("\u041c\u043e\u0441\u043a\u0432\u0430"
                .getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1)));
    }

    @Test
    void doesNotDependOnTheLocaleAndIsThreadSafe() throws InterruptedException {
        Locale before = Locale.getDefault();
        List<String> texts = new ArrayList<>();
        List<String> want = new ArrayList<>();
        for (JsonNode golden : cases()) {
            texts.add(golden.get("text").asText());
            want.add(NORMALIZER.normalize(texts.getLast()));
        }
        ClipTokenizer clip = ClipTokenizer.read(GoldenCase.path("vocabularies/clip-bpe"));
        List<int[]> ids = texts.stream().map(clip::encodeAll).toList();
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        try {
            Locale.setDefault(Locale.of("tr", "TR"));
            assertEquals(" istanbul", NORMALIZER.normalize("ISTANBUL"));
            List<Thread> threads = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                threads.add(Thread.ofPlatform().uncaughtExceptionHandler((_, e) -> failures.add(e)).start(() -> {
                    for (int i = 0; i < texts.size(); i++) {
                        assertEquals(want.get(i), NORMALIZER.normalize(texts.get(i)));
                        assertArrayEquals(ids.get(i), clip.encodeAll(texts.get(i)));
                    }
                }));
            }
            for (Thread thread : threads) thread.join();
        } finally {
            Locale.setDefault(before);
        }
        assertEquals(List.of(), failures);
    }
}
