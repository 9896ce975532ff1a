package io.github.smalti.dvae;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Pixels;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.golden.Npy;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The embedded model's codec against an independent implementation.
class EmojiScenesTest {
    private static final Path EXPECTED = GoldenCase.path("emoji-scenes/expected");
    private static final JsonNode MANIFEST = GoldenCase.json(EXPECTED.resolve("manifest.json"));
    private static Vqgan codec;

    @BeforeAll
    static void load() {
        codec = Vqgan.load(GoldenCase.embeddedModels().resolve("emoji-scenes/vqgan"), Compute.shared());
    }

    @AfterAll
    static void close() { codec.close(); }

    private static List<JsonNode> drawings() {
        List<JsonNode> drawings = new ArrayList<>();
        for (JsonNode prompt : MANIFEST.path("cases")) prompt.path("greedy").forEach(drawings::add);
        assertEquals(12, drawings.size());
        return drawings;
    }

    private static int[] ints(JsonNode list) {
        int[] out = new int[list.size()];
        for (int i = 0; i < out.length; i++) out[i] = list.get(i).asInt();
        return out;
    }

    private static int[] samples(Path png) throws IOException {
        BufferedImage image = ImageIO.read(png.toFile());
        return image.getData().getPixels(0, 0, image.getWidth(), image.getHeight(), (int[]) null);
    }

    @Test
    void drawsEveryExpectedPicture() throws IOException {
        double atol = MANIFEST.path("tolerances").path("pixels").asDouble();
        int differing = 0;
        for (JsonNode drawing : drawings()) {
            String name = drawing.path("pixels").asText();
            Pixels picture = codec.decode(ints(drawing.path("tokens")), codec.gridRows(), codec.gridCols());
            assertEquals(64, picture.rows());
            assertEquals(64, picture.cols());
            float[] want = Npy.read(EXPECTED.resolve(name)).floats();
            GoldenCase.assertClose(name, want, picture.values(), atol, 0);
            differing += assertEightBits(name, want, samples(EXPECTED.resolve(drawing.path("png").asText())), picture);
        }
        assertTrue(differing <= 14, differing + " of 147,456 samples differ");
    }

    /// The PNG's samples; where the reference's value lies on the edge between two levels, either of them.
    private static int assertEightBits(String name, float[] want, int[] png, Pixels picture) {
        byte[] samples = picture.toRaster().samples();
        assertEquals(png.length, samples.length);
        int differing = 0;
        for (int i = 0; i < png.length; i++) {
            if (png[i] == (samples[i] & 0xff)) continue;
            float level = want[i] * 255f;
            assertEquals(Math.round(level), level, 0.005, name + " sample " + i);
            assertEquals(png[i], samples[i] & 0xff, 1, name + " sample " + i);
            differing++;
        }
        return differing;
    }

    @Test
    void findsTheCodesOfAPicture() throws IOException {
        JsonNode roundTrip = MANIFEST.path("codec_round_trip");
        int[] samples = samples(EXPECTED.resolve(roundTrip.path("image").asText()));
        float[] values = new float[samples.length];
        for (int i = 0; i < values.length; i++) values[i] = samples[i] / 255f;
        assertArrayEquals(ints(roundTrip.path("token_ids")), codec.encode(new Pixels(64, 64, values)));
    }

    @Test
    void findsMostCodesOfItsOwnDrawings() {
        int same = 0;
        int all = 0;
        for (JsonNode drawing : drawings()) {
            int[] codes = ints(drawing.path("tokens"));
            int[] again = codec.encode(codec.decode(codes, 8, 8));
            for (int i = 0; i < codes.length; i++) { if (codes[i] == again[i]) same++; }
            all += codes.length;
        }
        assertEquals(768, all);
        assertEquals(582, same, 8, "codes found again, of 768");
    }

    @Test
    void drawsGridsOfAnyShape() {
        Pixels wide = codec.decode(new int[]{1, 2, 3, 4, 5, 6}, 2, 3);
        assertEquals(16, wide.rows());
        assertEquals(24, wide.cols());
        assertEquals(6, codec.encode(wide).length);
    }
}
