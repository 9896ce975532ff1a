package io.github.smalti.pipeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Precision;
import io.github.smalti.transformer.Sampling;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class GenerationOptionsTest {
    private static GenerationOptions.Builder builder() {
        return GenerationOptions.builder(new SamplingSettings(0.5f, 0, 1, 2));
    }

    private static String refused(Consumer<GenerationOptions.Builder> choose) {
        return assertThrows(IllegalArgumentException.class, () -> choose.accept(builder())).getMessage();
    }

    @Test
    void namesTheRange() {
        assertEquals("images: expected 1 to 4096, found 0", refused(o -> o.images(0)));
        assertEquals("images: expected 1 to 4096, found 4097", refused(o -> o.images(4097)));
        assertEquals("keep: expected 1 to 4096, found 0", refused(o -> o.keep(0)));
        assertEquals("first image: expected 0 to 2147479551, found -1", refused(o -> o.firstImage(-1)));
        assertEquals("image index: expected 0 to 2147479551, found -3", refused(o -> o.indexes(1, -3)));
        assertEquals("image indexes: expected all different, found [1, 2, 1]", refused(o -> o.indexes(1, 2, 1)));
        assertEquals("number of image indexes: expected 1 to 4096, found 0", refused(o -> o.indexes()));
        assertEquals("temperature: expected 0 to 1000, found -0.1", refused(o -> o.temperature(-0.1f)));
        assertEquals("temperature: expected 0 to 1000, found NaN", refused(o -> o.temperature(Float.NaN)));
        assertEquals("top-k: expected 0 (all codes) to 1000000, found -1", refused(o -> o.topK(-1)));
        assertEquals("top-p: expected above 0 and at most 1 (all codes), found 0.0", refused(o -> o.topP(0)));
        assertEquals("top-p: expected above 0 and at most 1 (all codes), found 1.5", refused(o -> o.topP(1.5f)));
        assertEquals("guidance: expected -1000 to 1000, found Infinity",
                refused(o -> o.guidanceScale(Float.POSITIVE_INFINITY)));
        assertEquals("batch: expected 0 to 4096, found -1", refused(o -> o.batch(-1)));
        assertEquals("rows between previews: expected 0 to 4096, found -1", refused(o -> o.previews(-1)));
        assertEquals("threads: expected 1 to 1024, or 0 for all, found -1", assertThrows(
                IllegalArgumentException.class, () -> new LoadOptions(Precision.F32, -1)).getMessage());
        assertEquals("preset: expected dalle-mini, blog, min-dalle, rudalle or mindalle, found x\\u{a}y",
                assertThrows(IllegalArgumentException.class, () -> Preset.of("x\ny")).getMessage());
    }

    /// S43: the settings that the notebooks and min-dalle state.
    @Test
    void presetsAreThoseThatPeopleKnow() {
        assertEquals(new SamplingSettings(1, 0, 1, 10), Preset.of("dalle-mini").settings());
        assertEquals(new SamplingSettings(0.85f, 0, 1, 3), Preset.of("blog").settings());
        assertEquals(new SamplingSettings(1, 256, 1, 16), Preset.of("min-dalle").settings());
        for (Preset preset : Preset.values()) assertEquals(preset, Preset.of(preset.id()));
    }

    @Test
    void singleValuesWinOverPresetsInAnyOrder() {
        var expected = new SamplingSettings(0.85f, 50, 1, 4);
        assertEquals(expected, builder().preset(Preset.BLOG).topK(50).guidanceScale(4).build().sampling());
        assertEquals(expected, builder().topK(50).guidanceScale(4).preset(Preset.BLOG).build().sampling());
        assertEquals(new SamplingSettings(0.5f, 0, 1, 2), builder().build().sampling());
    }

    @Test
    void temperatureZeroIsGreedyAndScaleOneUnguided() {
        assertEquals(new Sampling.Greedy(), new SamplingSettings(0, 0, 1, 1).sampling());
        assertFalse(new SamplingSettings(0, 0, 1, 1).isGuided());
        assertTrue(new SamplingSettings(0, 0, 1, 0).isGuided());
    }

    @Test
    void drawsSeedsThatCanBeTyped() {
        for (int i = 0; i < 100; i++) {
            long seed = builder().build().seed();
            assertTrue(seed >= 0 && seed < 1L << 32, "seed " + seed);
        }
    }

    @Test
    void keepIsAtMostTheNumberOfImages() {
        GenerationOptions options = builder().images(3).firstImage(5).keep(10).build();
        assertEquals(3, options.keep());
        assertEquals(List.of(5, 6, 7), options.indexes());
    }
}
