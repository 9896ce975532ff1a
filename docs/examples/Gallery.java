import io.github.smalti.core.Raster;
import io.github.smalti.pipeline.GeneratedImages;
import io.github.smalti.pipeline.ImageFiles;
import io.github.smalti.pipeline.ImageGrid;
import io.github.smalti.pipeline.RankedImage;
import io.github.smalti.pipeline.TextToImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Draws the pictures of the README and of docs/: after `./smalti --version`, from the project's root,
/// `java --add-modules jdk.incubator.vector -cp 'tools/target/lib/*' docs/examples/Gallery.java docs/images`.
class Gallery {
    private static final List<String> BLOG = List.of("Dog wearing clothes",
            "An astronaut relaxing beside a sweeping pool.", "Man sitting on top of a cat.", "A Cat with a hat.");
    private static final List<String> WORLD = List.of("a dog on a yellow background", "three apples on a blue background",
            "a rocket at night", "a panda wearing sunglasses");

    public static void main(String[] args) {
        Path folder = Path.of(args[0]);
        try (var model = TextToImage.embedded()) {
            List<Raster> best = new ArrayList<>();
            List<Raster> firstAndBest = new ArrayList<>();
            List<Raster> bestOnly = new ArrayList<>();
            for (String prompt : BLOG) {
                GeneratedImages images = model.generate(prompt, options -> options.images(8).seed(7));
                best.add(images.getFirst().toRaster());
                firstAndBest.add(byIndex(images, 0).toRaster());
                bestOnly.add(images.getFirst().toRaster());
                System.out.printf("%-48s N = 1: %.2f, best of 8: %.2f%n", prompt, byIndex(images, 0).score().logit(),
                        images.getFirst().score().logit());
            }
            firstAndBest.addAll(bestOnly);
            for (String prompt : WORLD) {
                best.add(model.generate(prompt, options -> options.images(8).seed(7)).getFirst().toRaster());
            }
            ImageFiles.replacePng(folder.resolve("gallery.png"), ImageGrid.of(best, 4, 4));
            ImageFiles.replacePng(folder.resolve("best-of-8.png"), ImageGrid.of(firstAndBest, 4, 4));
        }
    }

    private static RankedImage byIndex(GeneratedImages images, int index) {
        return images.stream().filter(image -> image.index() == index).findFirst().orElseThrow();
    }
}
