package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.transformer.PromptKind;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// S37: many candidates, the best few stay, in memory that does not grow with the candidates.
class ManyImagesTest {
    private static final int KEEP = 32;
    private static final int BATCH = 8;

    private static List<Integer> indexes(List<RankedImage> images) {
        return images.stream().map(RankedImage::index).toList();
    }

    @Test
    void ranksAsIfAllWereKept() {
        for (boolean equal : new boolean[]{false, true}) {
            var fake = new FakeStages();
            fake.equalScores = equal;
            GeneratedImages all = fake.model().generate("a cat", o -> o.images(512).seed(7));
            GeneratedImages best = fake.model().generate("a cat", o -> o.images(512).keep(KEEP).seed(7));
            assertEquals(indexes(all).subList(0, KEEP), indexes(best));
            for (int i = 0; i < KEEP; i++) {
                assertEquals(i + 1, best.get(i).rank());
                assertEquals(all.get(i).score(), best.get(i).score());
                assertArrayEquals(all.get(i).codes(), best.get(i).codes());
            }
        }
    }

    /// The most pictures that are alive when another is decoded.
    private static int mostAlive(int images) {
        var fake = new FakeStages();
        int[] most = new int[1];
        fake.beforeDecoding = () -> {
            if (fake.pictures.size() % 60 != 59) return;
            System.gc();
            int alive = (int) fake.pictures.stream().filter(picture -> picture.get() != null).count();
            most[0] = Math.max(most[0], alive);
        };
        fake.model().generate("a cat", o -> o.images(images).keep(KEEP).seed(7).batch(BATCH));
        assertEquals(images, fake.pictures.size());
        return most[0];
    }

    @Test
    void holdsTheKeptOnesAndABatchHoweverManyAreDrawn() {
        for (int images : new int[]{128, 1024}) {
            int alive = mostAlive(images);
            assertTrue(alive >= KEEP && alive <= KEEP + BATCH, images + " images: " + alive + " alive");
        }
    }

    @Test
    void showsTheBestSoFarAfterEachBatch() {
        List<Progress.BatchDone> batches = new ArrayList<>();
        var model = new FakeStages().model();
        GeneratedImages result = model.generate("a cat", o -> o.images(20).keep(4).seed(7).batch(8)
                .progress(event -> !(event instanceof Progress.BatchDone batch) || batches.add(batch)));
        assertEquals(List.of(8, 16, 20), batches.stream().map(Progress.BatchDone::done).toList());
        for (Progress.BatchDone batch : batches) {
            assertEquals(20, batch.total());
            GeneratedImages alone = model.generate("a cat", o -> o.images(batch.done()).keep(4).seed(7));
            assertEquals(indexes(alone), indexes(batch.best()));
            assertEquals(1, batch.best().getFirst().rank());
        }
        assertEquals(indexes(result), indexes(batches.getLast().best()));
    }

    @Test
    void stagesStartOnceAndEndOnce() {
        List<Progress> events = new ArrayList<>();
        GeneratedImages images = new FakeStages().model().generate("a cat",
                o -> o.images(20).seed(7).batch(8).progress(events::add));
        for (Stage stage : Stage.values()) {
            assertEquals(1, events.stream().filter(e -> e instanceof Progress.StageStarted s && s.stage() == stage)
                    .count());
            assertEquals(1, events.stream().filter(e -> e instanceof Progress.StageEnded s && s.stage() == stage)
                    .count());
        }
        assertEquals(3, images.seconds().size());
        assertEquals(20, ((Progress.BatchDone) events.getLast()).done());
    }

    @Test
    void ranksByPerplexityWhereThereIsNoClip() {
        var fake = new FakeStages();
        fake.ranks = false;
        fake.tellsPerplexity = true;
        GeneratedImages images = fake.model().generate("a cat", o -> o.images(30).keep(10).seed(7).batch(4));
        assertEquals(RankBy.PERPLEXITY, images.rankedBy());
        for (int i = 1; i < 10; i++) assertTrue(images.get(i - 1).perplexity() <= images.get(i).perplexity());
        assertEquals(1 + images.getFirst().codes()[0], images.getFirst().perplexity());
        assertFalse(images.getFirst().hasScore());
        assertThrows(IllegalStateException.class, () -> images.getFirst().score());
        fake.ranks = true;
        assertEquals(RankBy.CLIP, fake.model().generate("a cat", o -> o.images(2)).rankedBy());
        assertEquals(RankBy.PERPLEXITY,
                fake.model().generate("a cat", o -> o.images(2).rankBy(RankBy.PERPLEXITY)).rankedBy());
        assertTrue(assertThrows(IllegalArgumentException.class, () -> fake.model().generate("a cat",
                o -> o.images(2).size(2, 4).rankBy(RankBy.PERPLEXITY))).getMessage().contains("the model's own size"));
    }

    @Test
    void saysWhatCannotRank() {
        var fake = new FakeStages();
        fake.ranks = false;
        assertEquals("rank by clip: the model has no CLIP; name one, or rank by none",
                assertThrows(IllegalArgumentException.class,
                        () -> fake.model().generate("a cat", o -> o.rankBy(RankBy.CLIP))).getMessage());
        assertTrue(assertThrows(IllegalArgumentException.class,
                () -> fake.model().generate("a cat", o -> o.rankBy(RankBy.PERPLEXITY))).getMessage()
                .contains("this model family has none"));
    }

    @Test
    void unrankedDrawsOnlyWhatIsKept() {
        var fake = new FakeStages();
        GeneratedImages images = fake.model().generate("a cat", o -> o.images(100).keep(3).rankBy(RankBy.NONE));
        assertEquals(List.of(0, 1, 2), indexes(images));
        assertEquals(3, fake.pictures.size());
    }

    @Test
    void promptsOfClassesAreNumbers() {
        var fake = new FakeStages();
        fake.kind = PromptKind.CLASS;
        var model = fake.model();
        model.generate(" 207 ", o -> o.images(1).guidanceScale(1));
        assertArrayEquals(new int[]{207}, fake.requests.getFirst().prompt().ids());
        for (String wrong : new String[]{"a cat", "", "-1", "1.5", "9999999999"}) {
            String message = assertThrows(IllegalArgumentException.class,
                    () -> model.generate(wrong, o -> o.images(1).guidanceScale(1))).getMessage();
            assertTrue(message.contains("the number of a class") && message.contains("such as 207"), message);
        }
        assertTrue(assertThrows(IllegalArgumentException.class, () -> model.generate("3", o -> o.images(1)
                .guidanceScale(2))).getMessage().contains("guidance 1"));
        fake.kind = PromptKind.NONE;
        assertEquals(List.of("the prompt has no effect: this model takes none"),
                fake.model().generate("a cat", o -> o.images(1).guidanceScale(1)).warnings());
    }
}
