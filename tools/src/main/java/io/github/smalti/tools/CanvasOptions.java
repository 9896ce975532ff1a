package io.github.smalti.tools;

import io.github.smalti.core.Raster;
import io.github.smalti.pipeline.Canvas;
import io.github.smalti.pipeline.CodeBox;
import io.github.smalti.pipeline.GenerationOptions;
import io.github.smalti.pipeline.ImageFiles;
import io.github.smalti.pipeline.ModelUnavailableException;
import io.github.smalti.pipeline.TextToImage;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// What a drawing goes on from, and how large it is.
final class CanvasOptions {
    private static final String NUMBER = "\\d{1,6}";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--image-prompt", paramLabel = "FILE",
            description = "Go on from this PNG or JPEG picture: some of its codes are kept in every picture, the others are "
                    + "drawn. It is resized to cover the size that is drawn, its middle is taken. The model draws in reading "
                    + "order and sees what is above and to the left. Default: none.")
    private Path imagePrompt;

    @Option(names = "--keep-rows", paramLabel = "N",
            description = "Keep the first N rows of codes of the image prompt, 0 to the rows of the drawing (embedded model "
                    + "8, DALL-E mini 16). Default: the upper half.")
    private Integer keepRows;

    @Option(names = "--keep-box", paramLabel = "TOP,LEFT,ROWS,COLS",
            description = "Keep this box of the image prompt instead, in codes from the upper left corner, inside of the "
                    + "drawing. Default: --keep-rows.")
    private String keepBox;

    @Option(names = "--size", paramLabel = "WIDTHxHEIGHT",
            description = "Pixels of a picture, multiples of a code's (embedded model 8, DALL-E mini 16) up to 256 codes a "
                    + "side. Lower ones are the upper rows of the model's own drawing, narrower ones its middle columns; "
                    + "larger ones go on from it, the model seeing a window of its own size that moves by half. Default: "
                    + "the model's size (embedded model 64x64, DALL-E mini 256x256).")
    private String size;

    @Option(names = "--tile",
            description = "Make the edges join, so that copies lie beside each other without a seam: a "
                    + "band over the edges, a quarter of a side wide, is drawn again, which takes twice the time; 4 codes a side at "
                    + "least. Default: no.")
    private boolean tile;

    /// Whether pictures must become codes.
    boolean needsEncoder() { return imagePrompt != null; }

    /// Refuses what is wrong with any model.
    void check() {
        if (imagePrompt == null && (keepRows != null || keepBox != null)) {
            throw wrong(
                    (keepRows != null ? "--keep-rows" : "--keep-box") + " says what to keep of a picture: name it by "
                            + "--image-prompt FILE");
        }
        if (keepRows != null && keepBox != null) throw wrong("expected either --keep-rows or --keep-box, found both");
        if (keepRows != null && keepRows < 0) throw wrong("--keep-rows: expected 0 or more, found " + keepRows);
        if (keepBox != null) box();
        if (size != null) sides();
    }

    private CodeBox box() {
        int[] numbers = numbers(keepBox, ",", 4);
        if (numbers.length == 0) {
            throw wrong("--keep-box: expected TOP,LEFT,ROWS,COLS in codes, such as 0,0,4,8; found \"" + shown(keepBox)
                    + "\"");
        }
        return new CodeBox(numbers[0], numbers[1], numbers[2], numbers[3]);
    }

    private int[] sides() {
        int[] numbers = numbers(size, "[xX]", 2);
        if (numbers.length == 0 || numbers[0] == 0 || numbers[1] == 0) {
            throw wrong("--size: expected WIDTHxHEIGHT in pixels, such as 256x128; found \"" + shown(size) + "\"");
        }
        return numbers;
    }

    private static int[] numbers(String text, String separator, int count) {
        String[] parts = text.split(separator, -1);
        int[] numbers = new int[count];
        if (parts.length != count) return new int[0];
        for (int i = 0; i < count; i++) {
            if (!parts[i].strip().matches(NUMBER)) return new int[0];
            numbers[i] = Integer.parseInt(parts[i].strip());
        }
        return numbers;
    }

    private static String shown(String text) { return text.length() > 40 ? text.substring(0, 40) + "..." : text; }

    /// Sets what was given.
    ///
    /// @param model   what draws
    /// @param options where
    void apply(TextToImage model, GenerationOptions.Builder options) {
        Canvas canvas = canvas(model);
        options.canvas(canvas);
        if (imagePrompt == null) return;
        int rows = canvas.isModelGrid() ? model.gridRows() : canvas.rows();
        CodeBox kept = keepBox != null ? box() : CodeBox.firstRows(keepRows != null ? keepRows : rows / 2);
        Raster picture = ImageFiles.read(imagePrompt);
        try {
            options.imagePrompt(model.imagePrompt(picture, kept, canvas));
        } catch (IllegalArgumentException e) {
            int cols = canvas.isModelGrid() ? model.gridCols() : canvas.cols();
            throw wrong((keepBox != null ? "--keep-box: " : "--keep-rows: ") + e.getMessage() + "; the drawing has "
                    + rows
                    + " x " + cols + " codes of " + model.pixelsPerCode() + " x " + model.pixelsPerCode() + " pixels");
        } catch (ModelUnavailableException e) {
            throw new ToolException(
                    "--image-prompt: this model's image codec has no encoder, so no picture becomes codes; "
                            + "name one that has by --vqgan",
                    e);
        }
    }

    private Canvas canvas(TextToImage model) {
        try {
            if (size == null) return Canvas.MODEL.tiled(tile);
            int[] sides = sides();
            int pixels = model.pixelsPerCode();
            if (sides[0] % pixels != 0 || sides[1] % pixels != 0) {
                throw wrong("--size: expected multiples of " + pixels + " pixels, found " + sides[0] + "x" + sides[1]
                        + "; the nearest is " + nearest(sides[0], pixels) + "x" + nearest(sides[1], pixels));
            }
            return Canvas.of(sides[1] / pixels, sides[0] / pixels).tiled(tile);
        } catch (IllegalArgumentException e) {
            throw wrong("--size: " + e.getMessage());
        }
    }

    private static int nearest(int side, int pixels) { return Math.max(1, (side + pixels / 2) / pixels) * pixels; }

    private ParameterException wrong(String message) { return new ParameterException(spec.commandLine(), message); }
}
