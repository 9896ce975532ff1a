package io.github.smalti.clip;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.smalti.core.Pixels;
import io.github.smalti.core.Raster;
import io.github.smalti.golden.GoldenCase;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Scenes as the embedded model's training pictures were composed: sprites on plain colours, with captions that are true.
///
/// The scenes' own backgrounds (beach, snow, ...) were drawn by code that is not here, so colours are all there is.
final class EmojiWorld {
    private static final Path FOLDER = GoldenCase.path("emoji");
    private static final int SIDE = 64;

    private final JsonNode world = GoldenCase.json(FOLDER.resolve("world.json"));
    private final Map<String, Sprite> sprites = new HashMap<>();

    /// A square of premultiplied colours and opacity, four floats a pixel.
    ///
    /// @param side   rows and columns
    /// @param values side · side · 4 numbers from 0 to 1
    record Sprite(int side, float[] values) {
        /// Averages of the areas that the pixels of a smaller square cover.
        Sprite scaled(int newSide) {
            float[] out = new float[newSide * newSide * 4];
            double step = (double) side / newSide;
            for (int y = 0; y < newSide; y++) {
                for (int x = 0; x < newSide; x++) {
                    for (int row = (int) (y * step); row < Math.min(side, (y + 1) * step); row++) {
                        double height = Math.min(row + 1, (y + 1) * step) - Math.max(row, y * step);
                        for (int col = (int) (x * step); col < Math.min(side, (x + 1) * step); col++) {
                            double width = Math.min(col + 1, (x + 1) * step) - Math.max(col, x * step);
                            for (int c = 0; c < 4; c++) {
                                out[(y * newSide + x) * 4 + c] += (float) (width * height / step / step
                                        * values[(row * side + col) * 4 + c]);
                            }
                        }
                    }
                }
            }
            return new Sprite(newSide, out);
        }

        /// The first row with something opaque, from the top or the bottom, as a fraction of the side.
        double edge(boolean isTop) {
            for (int i = 0; i < side; i++) {
                int row = isTop ? i : side - 1 - i;
                for (int x = 0; x < side; x++) {
                    if (values[(row * side + x) * 4 + 3] > 0.5f) return (isTop ? row : row + 1) / (double) side;
                }
            }
            throw new AssertionError("an empty sprite");
        }
    }

    /// A picture with what it shows.
    ///
    /// @param pixels  the picture
    /// @param first   object or face
    /// @param second  colour or wearable
    /// @param isSeen  whether training pictures showed this combination
    record Scene(Pixels pixels, String first, String second, boolean isSeen) {}

    List<String> objects() { return names("objects"); }

    List<String> colors() { return names("colors"); }

    List<String> wearables() { return names("wearables"); }

    List<String> wearers() {
        List<String> out = new ArrayList<>();
        for (JsonNode name : world.path("wearers")) out.add(name.asText());
        return out;
    }

    /// The beginnings of captions, `{}` for the rest of them.
    List<String> templates() {
        List<String> out = new ArrayList<>();
        for (JsonNode prefix : world.path("prefixes")) {
            if (!out.contains(prefix.asText() + "{}")) out.add(prefix.asText() + "{}");
        }
        return out;
    }

    private List<String> names(String kind) {
        List<String> out = new ArrayList<>();
        world.path(kind).fieldNames().forEachRemaining(out::add);
        return out;
    }

    /// Whether training never showed a combination.
    boolean isHeldOut(String kind, String first, String second) {
        for (JsonNode pair : world.path("held_out").path(kind)) {
            if (pair.get(0).asText().equals(first) && pair.get(1).asText().equals(second)) return true;
        }
        return false;
    }

    /// A noun with its article.
    String phrase(String kind, String name) {
        String word = world.path(kind).path(name).path("words").get(0).asText();
        boolean isPlural = word.equals("sunglasses");
        return (isPlural ? "" : "aeiou".indexOf(word.charAt(0)) >= 0 ? "an " : "a ") + word;
    }

    String caption(String object, String color) {
        String article = "aeiou".indexOf(color.charAt(0)) >= 0 ? "an " : "a ";
        return phrase("objects", object) + " on " + article + color + " background";
    }

    String wearing(String face, String wearable) {
        return phrase("objects", face) + " wearing " + phrase("wearables", wearable);
    }

    /// Every object on every colour: the places of training for held-out pairs, one of the four for the others.
    List<Scene> colourScenes() {
        List<Scene> out = new ArrayList<>();
        JsonNode place = world.path("places").path("normal"); // side, columns, rows
        for (String object : objects()) {
            for (String color : colors()) {
                boolean isSeen = !isHeldOut("background", object, color);
                for (int i = 0; i < 4; i++) {
                    if (isSeen && i != out.size() % 4) continue;
                    float[] canvas = canvas(color);
                    draw(canvas, sprite("objects", object).scaled(place.get(0).asInt()),
                            place.get(1).get(i % 2).asInt(), place.get(2).get(i / 2).asInt());
                    out.add(new Scene(new Pixels(SIDE, SIDE, canvas), object, color, isSeen));
                    if (isSeen) break;
                }
            }
        }
        return out;
    }

    /// Every face with every wearable, on colours that training showed it on: ten pictures of held-out pairs, three of the
    /// others.
    List<Scene> wearScenes() {
        List<Scene> out = new ArrayList<>();
        for (String face : wearers()) {
            List<String> colors = colors().stream().filter(color -> !isHeldOut("background", face, color)).toList();
            for (String wearable : wearables()) {
                boolean isSeen = !isHeldOut("wear", face, wearable);
                for (int i = 0; i < (isSeen ? 3 : 10); i++) {
                    float[] canvas = canvas(colors.get((out.size() + i) % colors.size()));
                    dress(canvas, face, wearable, i % 2);
                    out.add(new Scene(new Pixels(SIDE, SIDE, canvas), face, wearable, isSeen));
                }
            }
        }
        return out;
    }

    private void dress(float[] canvas, String faceName, String wearableName, int at) {
        JsonNode fit = world.path("wearables").path(wearableName).path("fit");
        String kind = fit.path("place").asText();
        JsonNode place = world.path("wear_places").path(kind);
        int side = place.get(0).asInt();
        int x = place.get(1).get(at).asInt();
        int y = place.get(2).get(at % place.get(2).size()).asInt();
        Sprite face = sprite("objects", faceName);
        Sprite wearable = sprite("wearables", wearableName);
        int wornSide = (int) Math.round(fit.path("side").asDouble() * side);
        double overlap = fit.path("overlap").asDouble() * side;
        double wornY = y + switch (kind) {
            case "top" -> face.edge(true) * side + overlap - wearable.edge(false) * wornSide;
            case "eyes" -> fit.path("y").asDouble() * side - wornSide / 2.0;
            case "body" -> face.edge(false) * side - overlap - wearable.edge(true) * wornSide;
            default -> throw new AssertionError(kind);
        };
        int wornX = x + (side - wornSide) / 2;
        if (kind.equals("body")) draw(canvas, wearable.scaled(wornSide), wornX, (int) Math.round(wornY));
        draw(canvas, face.scaled(side), x, y);
        if (!kind.equals("body")) draw(canvas, wearable.scaled(wornSide), wornX, (int) Math.round(wornY));
    }

    private float[] canvas(String color) {
        float[] out = new float[SIDE * SIDE * 3];
        for (int i = 0; i < out.length; i++) out[i] = world.path("colors").path(color).get(i % 3).asInt() / 255f;
        return out;
    }

    private static void draw(float[] canvas, Sprite sprite, int left, int top) {
        for (int y = Math.max(0, -top); y < sprite.side && top + y < SIDE; y++) {
            for (int x = Math.max(0, -left); x < sprite.side && left + x < SIDE; x++) {
                int from = (y * sprite.side + x) * 4;
                int to = ((top + y) * SIDE + left + x) * 3;
                float through = 1 - sprite.values[from + 3];
                for (int c = 0; c < 3; c++) canvas[to + c] = canvas[to + c] * through + sprite.values[from + c];
            }
        }
    }

    private Sprite sprite(String kind, String name) {
        String file = world.path(kind).path(name).path("sprite").asText();
        return sprites.computeIfAbsent(file, EmojiWorld::read);
    }

    private static Sprite read(String file) {
        Raster image = TestPictures.read(FOLDER.resolve("sprites").resolve(file));
        if (image.channels() != 4 || image.rows() != image.cols()) throw new AssertionError(file);
        float[] values = new float[image.samples().length];
        for (int i = 0; i < values.length; i++) {
            float opacity = (image.samples()[i | 3] & 0xff) / 255f;
            values[i] = i % 4 == 3 ? opacity : (image.samples()[i] & 0xff) / 255f * opacity;
        }
        return new Sprite(image.rows(), values);
    }
}
