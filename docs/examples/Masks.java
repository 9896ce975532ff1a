import io.github.smalti.core.layer.AttentionPattern;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.imageio.ImageIO;

/// Draws what a code sees in each kind of layer: after `./smalti --version`, from the project's root,
/// `java --add-modules jdk.incubator.vector -cp 'tools/target/lib/*' docs/examples/Masks.java docs/images/models`.
class Masks {
    /// Rows and columns of the pictured grid.
    private static final int GRID = 16;
    /// Text ids beside it.
    private static final int TEXT = 16;
    private static final int CELL = 12;
    private static final int GAP = 16;
    private static final int LOOKS_FROM = 9 * GRID + 6;
    private static final Color PAPER = Color.WHITE;
    private static final Color FUTURE = new Color(0xf1f1f1);
    private static final Color HIDDEN = new Color(0xd5d8dc);
    private static final Color SEEN = new Color(0xf0a35e);
    private static final Color ITSELF = new Color(0x7a2e0b);
    private static final Color TEXT_SEEN = new Color(0x6f9fd0);

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        Files.createDirectories(folder);
        Map<String, AttentionPattern> patterns = new LinkedHashMap<>();
        patterns.put("row", new AttentionPattern.Row(GRID));
        patterns.put("column", new AttentionPattern.Column(GRID));
        patterns.put("convolution", new AttentionPattern.Convolution(GRID, 11, false));
        patterns.put("full", new AttentionPattern.Full(GRID * GRID));
        for (var pattern : patterns.entrySet()) {
            ImageIO.write(picture(pattern.getValue()), "png",
                    folder.resolve("mask-" + pattern.getKey() + ".png").toFile());
        }
    }

    private static BufferedImage picture(AttentionPattern pattern) {
        int left = CELL + GAP;
        var image = new BufferedImage(left + GRID * CELL + 1, GRID * CELL + 1, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setColor(PAPER);
        graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
        for (int i = 0; i < TEXT; i++) cell(graphics, 0, i * CELL, TEXT_SEEN);
        for (int at = 0; at < GRID * GRID; at++) {
            Color color = at > LOOKS_FROM ? FUTURE : pattern.sees(LOOKS_FROM, at) ? SEEN : HIDDEN;
            cell(graphics, left + at % GRID * CELL, at / GRID * CELL, at == LOOKS_FROM ? ITSELF : color);
        }
        graphics.dispose();
        return image;
    }

    private static void cell(Graphics2D graphics, int x, int y, Color color) {
        graphics.setColor(color);
        graphics.fillRect(x + 1, y + 1, CELL - 1, CELL - 1);
    }
}
