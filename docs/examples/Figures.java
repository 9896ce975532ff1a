import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// Draws the figures of the stages in docs/models: `java docs/examples/Figures.java docs/images/models`.
class Figures {
    private static final int WIDTH = 156;
    private static final int GAP = 96;
    private static final int MARGIN = 12;
    private static final int TOP = 30;
    private static final int HEIGHT = 58;

    /// A stage: what it is called, what it is made of, and the shape of what it hands on.
    private record Stage(String name, String parts, String gives) {}

    /// A family's figure.
    private record Figure(String file, String input, List<Stage> stages) {}

    private static final List<Figure> FIGURES = List.of(
            new Figure("dalle-mini", "text", List.of(new Stage("normaliser, BPE", "lower case, 50 bytes", "64 ids"),
                    new Stage("encoder", "12 × 1024 (mega 24 × 2048)", "(64, 1024)"),
                    new Stage("decoder", "self, cross, gated", "256 codes"),
                    new Stage("VQGAN f16", "16,384 codes of 256", "256×256 pixels"),
                    new Stage("CLIP", "ViT", "a score"))),
            new Figure("rudalle", "text", List.of(new Stage("YouTokenToMe", "lower case, 16,384", "128 ids"),
                    new Stage("transformer", "24 × 2048, sparse", "1,024 codes"),
                    new Stage("Gumbel VQGAN f8", "8,192 codes of 256", "256×256 pixels"),
                    new Stage("perplexity", "or CLIP", "a score"))),
            new Figure("mindalle", "text", List.of(new Stage("character BPE", "lower case, 16,384", "64 ids"),
                    new Stage("transformer", "42 × 1536, full", "256 codes"),
                    new Stage("VQGAN f16", "16,384 codes of 256", "256×256 pixels"),
                    new Stage("CLIP", "ViT", "a score"))),
            new Figure("openai-dvae", "picture", List.of(new Stage("pixel map", "0.8·x + 0.1", "256×256×3"),
                    new Stage("encoder", "7×7, 4 groups, max-pool", "(32, 32, 8192)"),
                    new Stage("largest", "no Gumbel noise", "1,024 codes"),
                    new Stage("decoder", "1×1, 4 groups, nearest ×2", "256×256×6"),
                    new Stage("unmap", "(sigmoid − 0.1) / 0.8", "pixels"))),
            new Figure("vqgan", "codes", List.of(new Stage("codebook", "16,384 × 256, 1×1", "(16, 16, 256)"),
                    new Stage("middle", "512, attention", "(16, 16, 512)"),
                    new Stage("four doublings", "residual blocks", "(256, 256, 128)"),
                    new Stage("norm, 3×3", "swish", "256×256 pixels"))),
            new Figure("clip", "picture", List.of(new Stage("resize, crop", "Pillow's bicubic", "224×224×3"),
                    new Stage("ViT", "patches, class token", "(50, 768)"),
                    new Stage("projection", "class token only", "512 numbers"),
                    new Stage("cosine", "with the text's vector", "a score"))),
            new Figure("clip-resnet", "picture", List.of(new Stage("resize, crop", "Pillow's bicubic", "224×224×3"),
                    new Stage("stem", "three 3×3, pool 2", "(56, 56, 64)"),
                    new Stage("four stages", "bottlenecks, pooled strides", "(7, 7, 2048)"),
                    new Stage("attention pool", "the mean asks 49 places", "1,024 numbers"),
                    new Stage("cosine", "with the text's vector", "a score"))));

    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        Files.createDirectories(folder);
        for (Figure figure : FIGURES) Files.writeString(folder.resolve(figure.file() + ".svg"), svg(figure));
    }

    private static String svg(Figure figure) {
        int width = 2 * MARGIN + figure.stages().size() * (WIDTH + GAP) + GAP;
        var out = new StringBuilder("""
                <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" \
                font-family="sans-serif" font-size="12" text-anchor="middle">
                <rect width="100%%" height="100%%" fill="#ffffff"/>
                """.formatted(width, TOP + HEIGHT + TOP, width, TOP + HEIGHT + TOP));
        int x = MARGIN;
        arrow(out, x, figure.input());
        x += GAP;
        for (Stage stage : figure.stages()) {
            box(out, x, stage);
            arrow(out, x + WIDTH, stage.gives());
            x += WIDTH + GAP;
        }
        return out.append("</svg>\n").toString();
    }

    private static void box(StringBuilder out, int x, Stage stage) {
        int middle = x + WIDTH / 2;
        out.append("""
                <rect x="%d" y="%d" width="%d" height="%d" rx="6" fill="#eef3fb" stroke="#3b6ea5"/>
                <text x="%d" y="%d" font-weight="bold" fill="#1d3b5c">%s</text>
                <text x="%d" y="%d" font-size="10" fill="#444444">%s</text>
                """.formatted(x, TOP, WIDTH, HEIGHT, middle, TOP + 25, stage.name(), middle, TOP + 43, stage.parts()));
    }

    private static void arrow(StringBuilder out, int x, String label) {
        int y = TOP + HEIGHT / 2;
        int end = x + GAP - 6;
        out.append("""
                <path d="M %d %d H %d m -6 -4 l 6 4 l -6 4" fill="none" stroke="#3b6ea5" stroke-width="1.5"/>
                <text x="%d" y="%d" font-size="11" fill="#8a4b08">%s</text>
                """.formatted(x + 4, y, end, x + GAP / 2, y - 8, label));
    }
}
