package io.github.smalti.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.ShapeMismatchException;
import io.github.smalti.golden.GoldenCase;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ZeroShotClassifierTest {
    private static final List<String> CLASSES = List.of("a cat with a hat", "an astronaut", "a dog",
            "two penguins in the snow", "a red car");
    private static Clip clip;
    private static float[][] scenes;

    @BeforeAll
    static void load() {
        clip = Clip.load(GoldenCase.embeddedModels().resolve("emoji-scenes/clip"), Compute.shared(), Precision.F32);
        scenes = clip.embedPixels(TestPictures.scenes());
    }

    @AfterAll
    static void close() { clip.close(); }

    private static ZeroShotClassifier classifier(String... templates) {
        var classifier = new ZeroShotClassifier(clip, List.of(templates));
        CLASSES.forEach(classifier::addClass);
        return classifier;
    }

    @Test
    void nearestIsTheLargestCosineAndProbabilitiesSumToOne() {
        ZeroShotClassifier classifier = classifier("{}", "{} on the beach");
        for (float[] scene : scenes) {
            float[] probabilities = classifier.probabilities(scene);
            int best = 0;
            double sum = 0;
            for (int i = 0; i < CLASSES.size(); i++) {
                float cosine = clip.score(scene, classifier.prototype(i)).cosine();
                assertEquals(cosine, classifier.cosines(scene)[i]);
                if (cosine > clip.score(scene, classifier.prototype(best)).cosine()) best = i;
                sum += probabilities[i];
            }
            assertEquals(1, sum, 1e-6);
            assertEquals(CLASSES.get(best), classifier.nearest(scene));
            assertEquals(best, Ranking.order(probabilities)[0]);
        }
    }

    @Test
    void probabilitiesAreTheSoftmaxOfLogits() {
        ZeroShotClassifier classifier = classifier("{}");
        float[][] texts = clip.embedTexts(CLASSES);
        double sum = 0;
        for (float[] text : texts) sum += Math.exp(clip.score(scenes[0], text).logit());
        float[] probabilities = classifier.probabilities(scenes[0]);
        for (int i = 0; i < texts.length; i++) {
            assertEquals(Math.exp(clip.score(scenes[0], texts[i]).logit()) / sum, probabilities[i], 1e-5);
        }
    }

    @Test
    void oneTemplateGivesThePlainEmbeddingBitByBit() {
        var classifier = new ZeroShotClassifier(clip, List.of("a {} beside a pool"));
        classifier.addClass("cat");
        assertArrayEquals(clip.embedTexts(List.of("a cat beside a pool"))[0], classifier.prototype(0));
    }

    @Test
    void severalTemplatesGiveTheUnitMean() {
        ZeroShotClassifier classifier = classifier("{}", "{} on the beach", "a small {}");
        float[][] texts = clip.embedTexts(List.of("a dog", "a dog on the beach", "a small a dog"));
        float[] prototype = classifier.prototype(2);
        assertEquals(1, Math.sqrt(Embeddings.dot(prototype, prototype)), 1e-6);
        double length = 0;
        double[] mean = new double[prototype.length];
        for (int d = 0; d < mean.length; d++) {
            mean[d] = (texts[0][d] + (double) texts[1][d] + texts[2][d]) / 3;
            length += mean[d] * mean[d];
        }
        for (int d = 0; d < mean.length; d++) assertEquals(mean[d] / Math.sqrt(length), prototype[d], 1e-6);
    }

    @Test
    void classesAreAddedAtRunTime() {
        var classifier = new ZeroShotClassifier(clip, List.of("{}"));
        assertThrows(IllegalStateException.class, () -> classifier.nearest(scenes[0]));
        classifier.addClass("an astronaut");
        assertEquals("an astronaut", classifier.nearest(scenes[0]));
        classifier.addClass("a cat with a hat");
        assertEquals("a cat with a hat", classifier.nearest(scenes[0]));
        float[] picture = scenes[1].clone();
        for (int i = 0; i < picture.length; i++) picture[i] *= 3;
        classifier.addPrototype("that very picture", picture);
        assertEquals("that very picture", classifier.nearest(scenes[1]));
        assertEquals(List.of("an astronaut", "a cat with a hat", "that very picture"), classifier.classes());
    }

    @Test
    void classifyNamesAllClassesBestFirst() {
        ZeroShotClassifier classifier = classifier("{}");
        for (float[] scene : scenes) {
            List<ZeroShotClassifier.ClassScore> scores = classifier.classify(scene);
            assertEquals(CLASSES.size(), scores.size());
            assertEquals(classifier.nearest(scene), scores.getFirst().name());
            float[] cosines = classifier.cosines(scene);
            float[] probabilities = classifier.probabilities(scene);
            for (int i = 0; i < scores.size(); i++) {
                ZeroShotClassifier.ClassScore score = scores.get(i);
                int at = CLASSES.indexOf(score.name());
                assertEquals(cosines[at], score.cosine());
                assertEquals(probabilities[at], score.probability());
                if (i > 0) assertTrue(score.cosine() <= scores.get(i - 1).cosine());
            }
        }
    }

    @Test
    void probabilitiesOfManyClassesSumToOne() {
        var classifier = new ZeroShotClassifier(clip, List.of("{}"));
        float[] text = clip.embedTexts(List.of("a cat"))[0];
        for (int i = 0; i < 1000; i++) {
            float[] near = text.clone();
            near[i % near.length] += i * 1e-3f;
            classifier.addPrototype("class " + i, near);
        }
        double sum = 0;
        for (float probability : classifier.probabilities(text)) sum += probability;
        assertEquals(1, sum, 1e-6);
        assertEquals("class 0", classifier.nearest(text));
    }

    @Test
    void defaultTemplatesAreAveraged() {
        var classifier = new ZeroShotClassifier(clip);
        classifier.addClasses(List.of("cat", "dog"));
        List<String> texts = ZeroShotClassifier.DEFAULT_TEMPLATES.stream()
                .map(template -> template.replace("{}", "dog")).toList();
        assertArrayEquals(Embeddings.unitMean(clip.embedTexts(texts)), classifier.prototype(1));
        assertThrows(IllegalArgumentException.class, () -> classifier.addClasses(List.of("bird", "cat")));
        assertEquals(List.of("cat", "dog", "bird"), classifier.classes());
    }

    @Test
    void refusesUnfitArguments() {
        assertThrows(IllegalArgumentException.class, () -> new ZeroShotClassifier(clip, List.of()));
        var refusal = assertThrows(IllegalArgumentException.class,
                () -> new ZeroShotClassifier(clip, List.of("a photo")));
        assertTrue(refusal.getMessage().contains("{}"));
        ZeroShotClassifier classifier = classifier("{}");
        assertThrows(IllegalArgumentException.class, () -> classifier.addClass("a dog"));
        assertThrows(ShapeMismatchException.class, () -> classifier.addPrototype("short", new float[3]));
        assertThrows(ShapeMismatchException.class, () -> classifier.probabilities(new float[3]));
        assertThrows(IllegalStateException.class, () -> new ZeroShotClassifier(clip).classify(scenes[0]));
    }
}
