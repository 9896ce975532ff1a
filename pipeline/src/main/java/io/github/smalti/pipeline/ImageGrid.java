package io.github.smalti.pipeline;

import io.github.smalti.core.Raster;
import java.util.Arrays;
import java.util.List;

/// Many pictures on one sheet.
public final class ImageGrid {
    private static final byte WHITE = (byte) 255;

    private ImageGrid() {}

    /// Lays pictures out row by row on white; a smaller picture lies in the upper left corner of its cell.
    ///
    /// @param images  at least one picture
    /// @param columns pictures of a row, at least 1
    /// @param gap     white pixels between two pictures, 0 or more
    /// @return an RGB picture; cells have the size of the largest picture, transparency is laid over white
    /// @throws IllegalArgumentException if there is no picture, a number is out of range or the sheet has more than
    ///                                  [ImageFiles#MAX_PIXELS]
    public static Raster of(List<Raster> images, int columns, int gap) {
        if (images.isEmpty()) throw new IllegalArgumentException("grid: expected at least one picture, found none");
        if (columns < 1) throw new IllegalArgumentException("grid columns: expected 1 or more, found " + columns);
        if (gap < 0) throw new IllegalArgumentException("grid gap: expected 0 or more, found " + gap);
        int across = Math.min(columns, images.size());
        int down = (images.size() + across - 1) / across;
        long cellRows = images.stream().mapToInt(Raster::rows).max().getAsInt() + (long) gap;
        long cellCols = images.stream().mapToInt(Raster::cols).max().getAsInt() + (long) gap;
        long rows = down * cellRows - gap;
        long cols = across * cellCols - gap;
        if (cols > ImageFiles.MAX_PIXELS / rows) {
            throw new IllegalArgumentException("grid: expected at most " + ImageFiles.MAX_PIXELS + " pixels, found "
                    + cols + " x " + rows + "; keep fewer pictures");
        }
        byte[] samples = new byte[Math.toIntExact(rows * cols * 3)];
        Arrays.fill(samples, WHITE);
        var sheet = new Raster((int) rows, (int) cols, 3, samples);
        for (int i = 0; i < images.size(); i++) {
            lay(images.get(i), sheet, (int) (i / across * cellRows), (int) (i % across * cellCols));
        }
        return sheet;
    }

    private static void lay(Raster image, Raster sheet, int top, int left) {
        for (int y = 0; y < image.rows(); y++) {
            int at = ((top + y) * sheet.cols() + left) * 3;
            for (int x = 0; x < image.cols(); x++) {
                int alpha = image.channels() == 4 ? image.sample(y, x, 3) : 255;
                for (int c = 0; c < 3; c++) {
                    int sample = image.sample(y, x, image.channels() == 1 ? 0 : c);
                    sheet.samples()[at++] = (byte) ((sample * alpha + 255 * (255 - alpha)) / 255);
                }
            }
        }
    }
}
