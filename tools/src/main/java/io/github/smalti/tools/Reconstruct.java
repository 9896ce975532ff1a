package io.github.smalti.tools;

import io.github.smalti.core.PictureQuality;
import io.github.smalti.core.Pixels;
import io.github.smalti.core.Raster;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.dvae.CodecOptions;
import io.github.smalti.dvae.ImageCodec;
import io.github.smalti.pipeline.ImageFiles;
import io.github.smalti.pipeline.ImageGrid;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `smalti reconstruct`: what an image codec makes of a picture.
@Command(name = "reconstruct", sortOptions = false,
        description = "Turns a picture into codes and back, writes both pictures side by side as PNG, and says how near "
                + "they are.",
        footer = {
                "Examples:", "  smalti reconstruct cat.png --out both.png",
                "  smalti reconstruct photo.jpg --size 256 --vqgan dvae/", "",
                "PSNR is in decibels, SSIM the mean of 11 x 11 Gaussian windows and of the channels, at most 1; both "
                        + "compare 8-bit pictures.",
                "Rows and columns that do not divide into codes are cut off evenly at both sides.",
                "--json prints {file, out, rows, columns, grid, codebook, psnr, ssim, ...}; psnr is null if both are "
                        + "equal, ssim if the picture is smaller than its window."})
final class Reconstruct implements Callable<Integer> {
    private static final int GAP = 8;
    private static final int MOST_SIZE = 1 << 14;

    @ParentCommand
    private Smalti smalti;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "IMAGE", description = "A PNG or JPEG file.")
    private Path file;

    @Option(names = "--out", paramLabel = "FILE", defaultValue = "reconstruction.png",
            description = "The PNG file: original left, reconstruction right. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Option(names = "--replace", description = "Replace the PNG file if it exists. Default: refuse.")
    private boolean replace;

    @Option(names = "--size", paramLabel = "N",
            description = "Shrink the picture first if its short side has more than N pixels, 1 to 16384. Default: as it "
                    + "is.")
    private Integer size;

    @Mixin
    private CodecChoice codec;

    @Option(names = "--json", description = "Print one JSON document, see below. Default: lines of text.")
    private boolean json;

    /// Two pictures of one size, and how near they are.
    ///
    /// @param original as the codec saw it
    /// @param drawn    the reconstruction in 8 bits
    /// @param psnr     decibels, infinite for equal pictures
    /// @param ssim     NaN if the pictures are smaller than its window
    /// @param document all numbers, for `--json`
    private record Comparison(Raster original, Raster drawn, double psnr, double ssim, Map<String, Object> document) {}

    @Override
    public Integer call() {
        if (size != null && (size < 1 || size > MOST_SIZE)) {
            throw new ParameterException(spec.commandLine(), "--size: expected 1 to " + MOST_SIZE + ", found " + size);
        }
        if (!replace && Files.exists(out)) {
            throw new ToolException(out + ": the file exists; choose another by --out, or --replace");
        }
        Raster image = ImageFiles.read(file);
        Comparison comparison = codec.use(CodecOptions.DEFAULT, loaded -> compare(image, loaded));
        Raster both = ImageGrid.of(List.of(comparison.original, comparison.drawn), 2, GAP);
        if (replace) ImageFiles.replacePng(out, both);
        else
            ImageFiles.writePng(out, both);
        print(comparison);
        return 0;
    }

    private Comparison compare(Raster image, ImageCodec loaded) {
        if (!loaded.canEncode()) throw new ToolException("this image codec has no encoder: it can only decode");
        Raster original = fit(image, loaded.pixelsPerCode());
        int rows = original.rows() / loaded.pixelsPerCode();
        int cols = original.cols() / loaded.pixelsPerCode();
        requireHeap(loaded, original, rows, cols);
        Pixels seen = ImageFiles.toPixels(original);
        Raster drawn = loaded.decode(loaded.encode(seen), rows, cols).toRaster();
        Pixels rounded = ImageFiles.toPixels(drawn);
        boolean hasWindow = Math.min(original.rows(), original.cols()) >= PictureQuality.WINDOW;
        double psnr = PictureQuality.psnr(seen, rounded);
        double ssim = hasWindow ? PictureQuality.ssim(seen, rounded) : Double.NaN;
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("file", file.toString());
        document.put("out", out.toString());
        document.put("rows", original.rows());
        document.put("columns", original.cols());
        document.put("grid", List.of(rows, cols));
        document.put("codebook", loaded.codebookSize());
        document.put("codes", rows * cols);
        document.put("values_per_code", loaded.valuesPerCode());
        document.put("bits_per_pixel", loaded.bitsPerPixel());
        document.put("psnr", Double.isInfinite(psnr) ? null : psnr);
        document.put("ssim", hasWindow ? ssim : null);
        return new Comparison(original, drawn, psnr, ssim, document);
    }

    private Raster fit(Raster image, int side) {
        Raster shrunk = size == null ? image : PictureFit.shrink(image, size);
        if (shrunk != image) say(image, "is shrunk to", shrunk, "as --size asks");
        Raster cropped = PictureFit.crop(shrunk, side);
        if (cropped.rows() != shrunk.rows() || cropped.cols() != shrunk.cols()) {
            say(shrunk, "is cut to", cropped, "its middle, since a code stands for " + side + " x " + side + " pixels");
        }
        return cropped;
    }

    private void say(Raster before, String what, Raster after, String why) {
        smalti.terminal().say(file + ": the picture of " + describe(before) + " pixels " + what + " " + describe(after)
                + ", " + why);
    }

    private static String describe(Raster image) { return image.cols() + " x " + image.rows(); }

    private void requireHeap(ImageCodec loaded, Raster original, int rows, int cols) {
        long needed;
        try {
            needed = loaded.plan(rows, cols).scratchBytes();
        } catch (IllegalArgumentException e) {
            throw new ToolException(file + ": " + e.getMessage() + "; shrink the picture by --size", e);
        }
        long heap = Runtime.getRuntime().maxMemory();
        if (needed <= heap) return;
        throw new ToolException(file + ": a picture of " + describe(original) + " pixels needs " + Bytes.text(needed)
                + " of working space, the Java heap is " + Bytes.text(heap)
                + "; shrink the picture by --size, or give a larger heap, such as JAVA_OPTS=-Xmx8g");
    }

    private void print(Comparison comparison) {
        if (json) {
            smalti.terminal().print(JsonValue.of(comparison.document));
            return;
        }
        Map<String, Object> d = comparison.document;
        smalti.terminal().print(String.format(Locale.ROOT,
                "%s: %s pixels as %d codes of %d: ×%d fewer values, %.3f bits per pixel", file,
                describe(comparison.original), d.get("codes"), d.get("codebook"), d.get("values_per_code"),
                d.get("bits_per_pixel")));
        smalti.terminal().print("PSNR " + (Double.isInfinite(comparison.psnr)
                ? "infinite, the pictures are equal"
                : String.format(Locale.ROOT, "%.2f dB", comparison.psnr))
                + (Double.isNaN(comparison.ssim) ? "" : String.format(Locale.ROOT, ", SSIM %.4f", comparison.ssim)));
        smalti.terminal().print(out + ": original left, reconstruction right");
    }
}
