package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.MemoryPlan;
import io.github.smalti.transformer.GenerationCancelledException;
import io.github.smalti.transformer.Sampling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class GenerationTest {
    private final FakeStages fake = new FakeStages();

    @Test
    void ranksBestFirst() {
        GeneratedImages images = fake.model().generate("a cat", options -> options.images(6).seed(7));
        assertTrue(images.isRanked());
        assertEquals(6, images.size());
        for (int i = 0; i < 6; i++) assertEquals(i + 1, images.get(i).rank());
        for (int i = 1; i < 6; i++) {
            assertTrue(images.get(i - 1).score().cosine() >= images.get(i).score().cosine());
        }
        assertArrayEquals(IntStream.range(0, 6).toArray(),
                images.stream().mapToInt(RankedImage::index).sorted().toArray());
    }

    @Test
    void keepsOrderOfEqualScoresAndTheBestOnes() {
        GeneratedImages all = fake.model().generate("a cat", options -> options.images(6).seed(7));
        GeneratedImages best = fake.model().generate("a cat", options -> options.images(6).seed(7).keep(2));
        assertEquals(List.of(all.get(0).index(), all.get(1).index()),
                best.stream().map(RankedImage::index).toList());
        fake.equalScores = true;
        GeneratedImages equal = fake.model().generate("a cat", options -> options.indexes(4, 2, 9).seed(7));
        assertEquals(List.of(4, 2, 9), equal.stream().map(RankedImage::index).toList());
    }

    @Test
    void withoutClipKeepsTheOrderAsDrawn() {
        fake.ranks = false;
        try (var model = fake.model()) {
            assertFalse(model.ranks());
            GeneratedImages images = model.generate("a cat", options -> options.images(5).keep(3).seed(7));
            assertFalse(images.isRanked());
            assertEquals(List.of(0, 1, 2), images.stream().map(RankedImage::index).toList());
            assertFalse(images.getFirst().hasScore());
            assertThrows(IllegalStateException.class, () -> images.getFirst().score());
            assertFalse(images.seconds().containsKey(Stage.RANK));
        }
    }

    @Test
    void imageDependsNeitherOnBatchNorOnItsCompany() {
        var model = fake.model();
        GeneratedImages eight = model.generate("a cat", options -> options.images(8).seed(7));
        for (int batch : new int[]{1, 3, 8, 100}) {
            GeneratedImages again = model.generate("a cat", options -> options.images(8).seed(7).batch(batch));
            for (int i = 0; i < 8; i++) assertArrayEquals(eight.get(i).codes(), again.get(i).codes());
        }
        int[] third = codes(eight, 3);
        assertArrayEquals(third,
                model.generate("a cat", options -> options.images(1).firstImage(3).seed(7)).getFirst().codes());
        assertArrayEquals(third, codes(model.generate("a cat", options -> options.images(4).seed(7)), 3));
        assertArrayEquals(third, codes(model.generate("a cat", options -> options.indexes(9, 3).seed(7)), 3));
    }

    @Test
    void askedForBatchesOfEight() {
        fake.model().generate("a cat", options -> options.images(19).seed(7));
        assertEquals(List.of(8, 8, 3), fake.requests.stream().map(r -> r.images().length).toList());
        assertEquals(new Sampling.Random(1, 0, 1), fake.requests.getFirst().sampling());
        assertEquals(2, fake.requests.getFirst().guidanceScale());
    }

    @Test
    void tellsProgressInOrder() {
        List<Progress> events = new ArrayList<>();
        fake.model().generate("a cat", options -> options.images(3).seed(7).batch(2).previews(2).progress(events::add));
        assertEquals(new Progress.StageStarted(Stage.DRAW, 48), events.getFirst());
        List<Integer> done = events.stream().filter(e -> e instanceof Progress.TokensDone)
                .map(e -> ((Progress.TokensDone) e).done()).toList();
        List<Integer> expected = new ArrayList<>();
        for (int token = 1; token <= 16; token++) expected.add(2 * token);
        for (int token = 1; token <= 16; token++) expected.add(32 + token);
        assertEquals(expected, done);
        List<Integer> previewed = events.stream().filter(e -> e instanceof Progress.Preview)
                .map(e -> ((Progress.Preview) e).index()).toList();
        assertEquals(List.of(0, 1, 2), previewed);
        for (Stage stage : Stage.values()) {
            int start = indexOf(events, e -> e instanceof Progress.StageStarted s && s.stage() == stage);
            int end = indexOf(events, e -> e instanceof Progress.StageEnded s && s.stage() == stage);
            assertTrue(start >= 0 && start < end, stage + " " + start + " " + end);
        }
        assertEquals(3, events.stream().filter(e -> e instanceof Progress.ImageDone).count());
        assertEquals(3, events.stream().filter(e -> e instanceof Progress.ImageScored).count());
    }

    @Test
    void previewIsTheUpperPartOfThePicture() {
        List<Progress.Preview> previews = new ArrayList<>();
        RankedImage image = fake.model().generate("a cat", options -> options.images(1).seed(7).previews(1)
                .progress(event -> !(event instanceof Progress.Preview preview) || previews.add(preview))).getFirst();
        assertEquals(List.of(1, 2, 3), previews.stream().map(Progress.Preview::rows).toList());
        for (Progress.Preview preview : previews) {
            float[] upper = preview.pixels().values();
            assertArrayEquals(Arrays.copyOf(image.pixels().values(), upper.length), upper);
        }
    }

    @Test
    void listenerEndsTheGenerationWithinOneToken() {
        List<Progress> events = new ArrayList<>();
        var model = fake.model();
        assertThrows(GenerationCancelledException.class, () -> model.generate("a cat", options -> options
                .progress(event -> events.add(event) && !(event instanceof Progress.TokensDone(int done, int _)
                        && done == 24))));
        assertEquals(24, ((Progress.TokensDone) events.getLast()).done());
        for (Class<?> type : List.of(Progress.StageStarted.class, Progress.ImageDone.class, Progress.ImageScored.class,
                Progress.Preview.class, Progress.StageEnded.class)) {
            List<Progress> told = new ArrayList<>();
            assertThrows(GenerationCancelledException.class, () -> model.generate("a cat",
                    options -> options.previews(1).progress(event -> told.add(event) && !type.isInstance(event))));
            assertTrue(type.isInstance(told.getLast()), type + " " + told.getLast());
        }
        assertArrayEquals(codes(new FakeStages().model().generate("a cat", options -> options.seed(7)), 0),
                codes(model.generate("a cat", options -> options.seed(7)), 0));
    }

    @Test
    void cancellationEndsTheGeneration() {
        var end = new Cancellation();
        List<Progress> events = new ArrayList<>();
        assertThrows(GenerationCancelledException.class,
                () -> fake.model().generate("a cat", options -> options.cancellation(end).progress(event -> {
                    events.add(event);
                    if (events.size() == 5) end.cancel();
                    return true;
                })));
        assertTrue(events.size() <= 6, "told " + events.size());
        assertThrows(GenerationCancelledException.class,
                () -> fake.model().generate("a cat", options -> options.cancellation(end)));
    }

    @Test
    void interruptionEndsTheGenerationAndStaysSet() {
        Thread.currentThread().interrupt();
        try {
            assertThrows(GenerationCancelledException.class, () -> fake.model().generate("a cat"));
        } finally {
            assertTrue(Thread.interrupted());
        }
    }

    @Test
    void passesOnWhatTheListenerThrows() {
        var fault = new IllegalStateException("listener");
        var model = fake.model();
        assertSame(fault, assertThrows(IllegalStateException.class,
                () -> model.generate("a cat", options -> options.progress(_ -> {
                    throw fault;
                }))));
        model.close();
        assertEquals(1, fake.releases.get());
    }

    @Test
    void refusesUseAfterClose() {
        var model = fake.model();
        model.close();
        model.close();
        assertEquals(1, fake.releases.get());
        assertEquals("the model fake is closed: load it again",
                assertThrows(ModelClosedException.class, () -> model.generate("a cat")).getMessage());
    }

    @Test
    void closingWhileDrawingEndsTheCallBeforeReleasing() {
        var model = fake.model();
        List<Integer> releasedDuringCall = new ArrayList<>();
        assertThrows(ModelClosedException.class, () -> model.generate("a cat", options -> options.progress(_ -> {
            model.close();
            releasedDuringCall.add(fake.releases.get());
            return true;
        })));
        assertEquals(List.of(0), releasedDuringCall.stream().distinct().toList());
        assertEquals(1, fake.releases.get());
    }

    @Test
    void quotesWhatWasCut() {
        GeneratedImages images = fake.model().generate("a cat\nand a dog that nobody reads about", _ -> {});
        assertEquals(2, images.warnings().size(), images.warnings().toString());
        assertEquals("the prompt is longer than the 8 tokens that the model reads: it ignores "
                + "\"and a dog that nobody reads about\"", images.warnings().getFirst());
        assertTrue(images.warnings().getLast().contains("\"nobody reads about\""), images.warnings().getLast());
    }

    @Test
    void cutsEnormousPromptsQuickly() {
        String prompt = "🐱".repeat(5_000_000);
        GeneratedImages images = fake.model().generate(prompt, options -> options.images(1).seed(7));
        assertTrue(images.warnings().getFirst().length() < 2000);
        assertEquals(65_536, images.getFirst().record().prompt().length());
        assertArrayEquals(images.getFirst().codes(),
                fake.model().replay(images.getFirst().record()).codes());
    }

    @Test
    void blankPromptIsTheUnconditionalDrawing() {
        fake.model().generate(" \n", options -> options.images(1));
        var request = fake.requests.getFirst();
        assertArrayEquals(request.negative().ids(), request.prompt().ids());
        assertEquals(2, request.prompt().length());
    }

    @Test
    void negativePromptTakesThePlaceOfTheEmptyOne() {
        GeneratedImages plain = fake.model().generate("a cat", options -> options.images(1).seed(7));
        GeneratedImages negative = fake.model().generate("a cat",
                options -> options.images(1).seed(7).negativePrompt("blue"));
        assertFalse(Arrays.equals(plain.getFirst().codes(), negative.getFirst().codes()));
        assertEquals(List.of(), negative.warnings());
        GeneratedImages unguided = fake.model().generate("a cat",
                options -> options.images(1).guidanceScale(1).negativePrompt("blue"));
        assertEquals(List.of("the negative prompt has no effect at guidance 1"), unguided.warnings());
    }

    @Test
    void reportsTheSeedItDrew() {
        var model = fake.model();
        GeneratedImages first = model.generate("a cat");
        GeneratedImages second = model.generate("a cat");
        assertNotEquals(first.seed(), second.seed());
        GeneratedImages again = model.generate("a cat", options -> options.seed(first.seed()));
        for (int i = 0; i < 8; i++) assertArrayEquals(first.get(i).codes(), again.get(i).codes());
    }

    @Test
    void refusesPartsOfDifferentModels() {
        fake.codecCodes = 255;
        assertEquals("the transformer draws from 256 codes, the image codec knows 255: they belong to different models",
                assertThrows(ModelMismatchException.class, fake::model).getMessage());
        fake.codecCodes = 256;
        fake.codecRows = 5;
        assertEquals("the transformer draws 16 codes a picture, the image codec's grid has 5 x 4: they belong to "
                + "different models", assertThrows(ModelMismatchException.class, fake::model).getMessage());
    }

    @Test
    void addsUpTheMemoryPlan() {
        assertEquals(new MemoryPlan(111, 222, 3, 2 + 16 + 1), fake.model().plan(3, true));
        fake.ranks = false;
        assertEquals(new MemoryPlan(11, 22, 3, 1 + 16), fake.model().plan(3, false));
    }

    @Test
    void replayRefusesRecordsOfOtherModels() {
        ImageRecord record = fake.model().generate("a cat").getFirst().record();
        var other = new ImageRecord(record.version(),
                new ModelInfo("other", "1".repeat(64), record.model().precision()),
                record.prompt(), "", record.imagePrompt(), record.shape(), record.sampling(), 1, 0);
        String message = assertThrows(ModelMismatchException.class, () -> fake.model().replay(other)).getMessage();
        assertTrue(message.contains("the model other (F32, 1111"), message);
    }

    static int[] codes(GeneratedImages images, int index) {
        return images.stream().filter(image -> image.index() == index).findFirst().orElseThrow().codes();
    }

    private static int indexOf(List<Progress> events, java.util.function.Predicate<Progress> wanted) {
        return IntStream.range(0, events.size()).filter(i -> wanted.test(events.get(i))).findFirst().orElse(-1);
    }
}
