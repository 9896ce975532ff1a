package io.github.smalti.clip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.clip.EmojiWorld.Scene;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.golden.GoldenCase;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/// How often the embedded CLIP names a scene rightly, on combinations that training showed and on those it never showed.
///
/// Every scene is compared with all classes, seen and unseen ones alike, which is the harder ("generalised") form of
/// zero-shot classification. Pictures and arithmetic are the same in every run, so the figures are too; bounds lie three
/// standard deviations of a share below what was reached, as another sample of so many scenes seldom falls lower.
class ZeroShotAccuracyTest {
    private static final EmojiWorld WORLD = new EmojiWorld();
    private static final double DEVIATIONS = 3;

    /// How many of some scenes were named rightly.
    ///
    /// @param right how many
    /// @param all   of how many
    private record Share(int right, int all) {
        double value() { return (double) right / all; }

        /// The lower end of Wilson's interval: were the true share below it, so many right ones would be a rare chance.
        double lower() { return wilson(-1); }

        private double wilson(int side) {
            double z = DEVIATIONS;
            double spread = z * Math.sqrt(value() * (1 - value()) / all + z * z / (4.0 * all * all));
            return (value() + z * z / (2.0 * all) + side * spread) / (1 + z * z / all);
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%.1f %% (%.1f to %.1f) of %d", 100 * value(), 100 * wilson(-1),
                    100 * wilson(1), all);
        }
    }

    /// What was reached on both kinds of combinations.
    private record Accuracy(double chance, Share seen, Share unseen) {}

    private final Map<String, Accuracy> table = new LinkedHashMap<>();
    private Clip clip;

    @Test
    void namesScenesOfSeenAndUnseenCombinations() {
        try (Clip loaded = Clip.load(GoldenCase.embeddedModels().resolve("emoji-scenes/clip"), Compute.shared(),
                Precision.F32)) {
            clip = loaded;
            measureColours();
            measureWearables();
        }
        print();
        // What was reached, seen and unseen, and how many times chance the unseen ones are at the least.
        assertReached("object, of 53", 0.842, 0.634, 20);
        assertReached("colour, of 10", 0.807, 0.898, 5);
        assertReached("object and colour, of 530", 0.897, 0.806, 200);
        assertReached("the same, 6 templates", 0.895, 0.815, 200);
        assertReached("face and wearable, of 80", 0.775, 0.533, 20);
        assertReached("the same wearables, 6 templates", 0.784, 0.522, 20);
    }

    private void measureColours() {
        List<Scene> scenes = WORLD.colourScenes();
        assertEquals(476 + 4 * 54, scenes.size());
        float[][] images = clip.embedPixels(scenes.stream().map(Scene::pixels).toList());
        List<String> one = List.of("{}");
        measure("object, of 53", scenes, images, classes(one, WORLD.objects(), List.of(""),
                (object, _) -> WORLD.phrase("objects", object)), Scene::first);
        measure("colour, of 10", scenes, images, classes(one, List.of(""), WORLD.colors(),
                (_, color) -> color + " background"), Scene::second);
        for (List<String> templates : List.of(one, WORLD.templates())) {
            String name = templates.size() == 1 ? "object and colour, of 530" : "the same, 6 templates";
            measure(name, scenes, images, classes(templates, WORLD.objects(), WORLD.colors(), WORLD::caption),
                    scene -> scene.first() + scene.second());
        }
    }

    private void measureWearables() {
        List<Scene> scenes = WORLD.wearScenes();
        assertEquals(71 * 3 + 9 * 10, scenes.size());
        float[][] images = clip.embedPixels(scenes.stream().map(Scene::pixels).toList());
        for (List<String> templates : List.of(List.of("{}"), WORLD.templates())) {
            String name = templates.size() == 1 ? "face and wearable, of 80" : "the same wearables, 6 templates";
            measure(name, scenes, images, classes(templates, WORLD.wearers(), WORLD.wearables(), WORLD::wearing),
                    scene -> scene.first() + scene.second());
        }
    }

    /// A class for each pair, by the key of its parts.
    private Map<String, float[]> classes(List<String> templates, List<String> firsts, List<String> seconds,
            BiFunction<String, String, String> text) {
        var classifier = new ZeroShotClassifier(clip, templates);
        Map<String, float[]> out = new LinkedHashMap<>();
        for (String first : firsts) {
            for (String second : seconds) {
                classifier.addClass(text.apply(first, second));
                out.put(first + second, classifier.prototype(out.size()));
            }
        }
        return out;
    }

    /// Names every scene by the nearest class of an index.
    private void measure(String name, List<Scene> scenes, float[][] images, Map<String, float[]> classes,
            Function<Scene, String> label) {
        int[] right = new int[2];
        int[] all = new int[2];
        try (var index = SemanticIndex.create(Compute.shared(), clip.embeddingSize(), Precision.F32)) {
            classes.forEach(index::add);
            for (int i = 0; i < images.length; i++) {
                int kind = scenes.get(i).isSeen() ? 0 : 1;
                all[kind]++;
                if (index.search(images[i], 1).getFirst().name().equals(label.apply(scenes.get(i)))) right[kind]++;
            }
        }
        table.put(name, new Accuracy(1.0 / classes.size(), new Share(right[0], all[0]), new Share(right[1], all[1])));
    }

    private void print() {
        System.out.println("\n| named | chance | seen combinations | unseen combinations |\n|---|---|---|---|");
        table.forEach((name, found) -> System.out.printf(Locale.ROOT, "| %s | %.2f %% | %s | %s |%n", name,
                100 * found.chance, found.seen, found.unseen));
        System.out.printf(Locale.ROOT, "in brackets: %.0f standard deviations (Wilson)%n%n", DEVIATIONS);
    }

    private void assertReached(String name, double seen, double unseen, double timesChance) {
        Accuracy found = table.get(name);
        assertTrue(found.unseen.lower() > timesChance * found.chance,
                name + ": expected " + timesChance + " times chance, found " + found.unseen);
        assertNotBelow(name + ", seen", seen, found.seen);
        assertNotBelow(name + ", unseen", unseen, found.unseen);
    }

    private static void assertNotBelow(String name, double reached, Share found) {
        double bound = new Share((int) Math.round(reached * found.all), found.all).lower();
        assertTrue(found.value() >= bound, name + ": expected " + reached + " less chance, so at least " + bound
                + ", found " + found);
    }
}
