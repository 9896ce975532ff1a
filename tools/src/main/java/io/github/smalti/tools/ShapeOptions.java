package io.github.smalti.tools;

import io.github.smalti.core.Raster;
import io.github.smalti.pipeline.GenerationOptions;
import io.github.smalti.pipeline.ImageFiles;
import io.github.smalti.pipeline.LoadOptions;
import io.github.smalti.pipeline.PictureShape;
import io.github.smalti.pipeline.TextToImage;
import io.github.smalti.transformer.ImagePrompt;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The shape of pictures, and what of another picture they keep.
final class ShapeOptions {
    private static final int BOX = 4;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--size", paramLabel = "WIDTHxHEIGHT",
            description = "Pixels of a picture, multiples of a code's pixels (embedded model 8, DALL-E mini 16), at most 256 "
                    + "codes a side. Smaller than the model's own size: its upper left part. Larger: drawn through a window "
                    + "of the model's own size that moves by half of it. Default: the model's own size.")
    private String size;

    @Option(names = "--tile",
            description = "Draw pictures that continue at the opposite side, so that copies tile a plane; the seams are "
                    + "drawn again. In the model's own size, without --image-prompt. Default: no.")
    private boolean tile;

    @Option(names = "--image-prompt", paramLabel = "IMAGE",
            description = "Go on from this PNG or JPEG: its codes are kept as --keep-rows or --keep-box says, the others "
                    + "are drawn. It is resized and cut to the size drawn. Default: none.")
    private Path image;

    @Option(names = "--keep-rows", paramLabel = "N",
            description = "Rows of codes to keep from the top, 0 to all (embedded model 8, DALL-E mini 16). Default: half.")
    private Integer keepRows;

    @Option(names = "--keep-box", paramLabel = "TOP,LEFT,ROWS,COLS", split = ",",
            description = "The box of codes to keep instead: where it begins and how large it is, in codes. Codes above and "
                    + "left of it are drawn without seeing it. Default: none.")
    private List<Integer> keepBox;

    /// How the model is loaded: with the codec's encoder if a picture is given.
    ///
    /// @param load how it would be loaded
    LoadOptions load(LoadOptions load) { return image == null ? load : load.withEncoder(); }

    /// The picture to go on from, read before the model is loaded; null if none is given.
    ///
    /// @throws ParameterException if options do not fit each other
    Raster read() {
        if (image == null && (keepRows != null || keepBox != null)) {
            throw wrong(
                    (keepRows != null ? "--keep-rows" : "--keep-box") + " needs a picture: add --image-prompt FILE");
        }
        if (keepRows != null && keepBox != null) throw wrong("expected either --keep-rows or --keep-box, found both");
        if (keepBox != null && keepBox.size() != BOX) {
            throw wrong("--keep-box: expected TOP,LEFT,ROWS,COLS, such as 0,0,4,8");
        }
        if (tile && size != null) throw wrong("--tile draws in the model's own size: leave out --size");
        if (tile && image != null) throw wrong("--tile draws the borders again: leave out --image-prompt");
        return image == null ? null : ImageFiles.read(image);
    }

    /// Sets shape and image prompt.
    ///
    /// @param options where
    /// @param model   the loaded model
    /// @param picture as from [#read]
    void apply(GenerationOptions.Builder options, TextToImage model, Raster picture) {
        PictureShape shape = shape(model);
        options.shape(shape);
        if (picture == null) return;
        int rows = shape.isOwn() ? model.gridRows() : shape.rows();
        int cols = shape.isOwn() ? model.gridCols() : shape.cols();
        try {
            int[] codes = model.encode(picture, shape);
            options.imagePrompt(keepBox == null
                    ? ImagePrompt.firstRows(codes, cols, keepRows == null ? rows / 2 : keepRows)
                    : ImagePrompt.box(codes, cols, keepBox.get(0), keepBox.get(1), keepBox.get(2), keepBox.get(3)));
        } catch (UnsupportedOperationException e) {
            throw new ToolException(
                    "--image-prompt: this image codec has no encoder, so it cannot find a picture's codes; "
                            + "name another by --vqgan",
                    e);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage() + " (--keep-rows, --keep-box)", e);
        }
    }

    private PictureShape shape(TextToImage model) {
        if (tile) return PictureShape.SEAMLESS;
        if (size == null) return PictureShape.OWN;
        int pixels = model.pixelsPerCode();
        String[] sides = size.split("x", -1);
        try {
            int width = Integer.parseInt(sides[0]);
            int height = Integer.parseInt(sides[1]);
            if (sides.length == 2 && width % pixels == 0 && height % pixels == 0 && width > 0 && height > 0) {
                return new PictureShape(height / pixels, width / pixels);
            }
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException _) {
            // told below
        } catch (IllegalArgumentException e) {
            throw wrong("--" + e.getMessage());
        }
        throw wrong("--size: expected WIDTHxHEIGHT in multiples of " + pixels + " pixels, such as "
                + 2 * pixels * model.gridCols() + "x" + pixels * model.gridRows() + ", found " + Sentence.line(size));
    }

    private ParameterException wrong(String message) { return new ParameterException(spec.commandLine(), message); }
}
