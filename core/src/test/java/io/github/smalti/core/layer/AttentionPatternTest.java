package io.github.smalti.core.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.core.Precision;
import io.github.smalti.core.kernel.CachedHeads;
import io.github.smalti.core.kernel.CachedSegments;
import io.github.smalti.core.layer.AttentionPattern.Column;
import io.github.smalti.core.layer.AttentionPattern.Convolution;
import io.github.smalti.core.layer.AttentionPattern.Full;
import io.github.smalti.core.layer.AttentionPattern.Row;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.golden.Npy;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AttentionPatternTest {
    /// Grids at the borders of what fits: odd, not square, smaller and larger than the square, the published one.
    static List<AttentionPattern> patterns() {
        return List.of(new Full(1), new Full(30), new Full(130), new Row(1), new Row(5), new Row(6), new Row(3, 7),
                new Row(7, 3), new Row(32), new Column(1), new Column(5), new Column(6), new Column(3, 7),
                new Column(7, 3), new Column(32), new Convolution(1, 11, true), new Convolution(5, 11, false),
                new Convolution(5, 11, true), new Convolution(6, 11, false), new Convolution(6, 11, true),
                new Convolution(8, 1, true), new Convolution(8, 3, false), new Convolution(8, 3, true),
                new Convolution(13, 5, 3, true), new Convolution(4, 19, 5, true), new Convolution(9, 14, 11, true),
                new Convolution(14, 9, 11, false), new Convolution(12, 12, 11, true), new Convolution(32, 11, false),
                new Convolution(32, 11, true));
    }

    @Test
    void masksEqualThoseOfRuDalleBitByBit() {
        Path folder = GoldenCase.path("rudalle/masks");
        JsonNode masks = GoldenCase.json(folder.resolve("manifest.json")).path("masks");
        assertEquals(4, masks.size());
        for (JsonNode mask : masks) {
            AttentionPattern pattern = switch (mask.path("kind").asText()) {
                case "row" -> new Row(mask.path("grid").asInt());
                case "col" -> new Column(mask.path("grid").asInt());
                default -> new Convolution(mask.path("grid").asInt(), mask.path("kernel").asInt(),
                        mask.path("version").asText().equals("v2"));
            };
            int[] bits = Npy.read(folder.resolve(mask.path("file").asText())).ints();
            int size = mask.path("size").asInt();
            int text = mask.path("text").asInt();
            int ones = 0;
            for (int from = 0; from < size; from++) {
                for (int to = 0; to < size; to++) {
                    boolean sees = to < text ? to <= from : from >= text && pattern.sees(from - text, to - text);
                    boolean want = (bits[from * ((size + 7) / 8) + to / 8] >> 7 - to % 8 & 1) == 1;
                    if (sees != want) throw new AssertionError(pattern + ": " + from + " to " + to + ", want " + want);
                    if (sees) ones++;
                }
            }
            assertEquals(mask.path("ones").asInt(), ones);
        }
    }

    @Test
    void countsKeysAsThePaperDoes() {
        for (int t = 0; t < 1024; t++) {
            assertEquals(Math.min(t, 32) + 1, new Row(32).keys(t));
            assertEquals(t / 32 + 1, new Column(32).keys(t));
            assertEquals(t + 1, new Full(1024).keys(t));
        }
        assertEquals(1, new Convolution(32, 11, true).keys(0));
        assertEquals(5 * 11 + 6, new Convolution(32, 11, false).keys(16 * 32 + 16));
        assertEquals(6 * 6, new Convolution(32, 11, false).keys(1023), "the corner");
        assertEquals(11 * 11, new Convolution(32, 11, true).keys(1023), "the last token sees its whole square");
    }

    /// What a token reads is what the pattern lets it see, each once, however many tokens were overwritten before.
    @ParameterizedTest
    @MethodSource("patterns")
    void slotsHoldExactlyWhatThePatternSees(AttentionPattern pattern) {
        var slots = new CacheSlots(pattern);
        var heads = new CachedHeads(Precision.F32, MemorySegment.NULL, 0, 1, 1);
        var pieces = new CachedSegments();
        int[] held = new int[slots.count()];
        for (int position = 0; position < pattern.length(); position++) {
            held[slots.slot(position)] = position;
            pieces.clear();
            slots.collect(position, heads, pieces);
            boolean[] found = new boolean[pattern.length()];
            for (int piece = 0; piece < pieces.size(); piece++) {
                for (int i = 0; i < pieces.count(piece); i++) {
                    int token = held[pieces.first(piece) + i];
                    assertTrue(!found[token] && pattern.sees(position, token), position + " reads " + token);
                    found[token] = true;
                }
            }
            assertEquals(pattern.keys(position), pieces.positions(), "position " + position);
        }
        assertTrue(slots.count() <= pattern.length());
    }

    @Test
    void keepsNoMoreThanIsNeeded() {
        assertEquals(33, new CacheSlots(new Row(32)).count());
        assertEquals(1024, new CacheSlots(new Column(32)).count());
        assertEquals(6 * 32, new CacheSlots(new Convolution(32, 11, false)).count());
        assertEquals(11 * 32, new CacheSlots(new Convolution(32, 11, true)).count());
        assertEquals(21, new CacheSlots(new Row(1, 21)).count());
    }

    @Test
    void refusesGridsThatAreNone() {
        for (Runnable wrong : Arrays.<Runnable>asList(() -> new Full(0), () -> new Row(0, 4), () -> new Column(4, 0),
                () -> new Convolution(4, 2, false), () -> new Convolution(-1, 3, true))) {
            assertThrows(IllegalArgumentException.class, wrong::run);
        }
        assertThrows(ArithmeticException.class, () -> new Row(1 << 16, 1 << 16));
    }
}
