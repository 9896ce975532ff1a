import io.github.smalti.clip.Clip;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Pixels;
import io.github.smalti.core.Precision;
import io.github.smalti.pipeline.GeneratedImages;
import io.github.smalti.pipeline.LoadOptions;
import io.github.smalti.pipeline.ModelPaths;
import io.github.smalti.pipeline.RankedImage;
import io.github.smalti.pipeline.TextToImage;
import java.util.ArrayList;
import java.util.List;

/// What bf16 and int8 weights do to the embedded model's pictures of 64 prompts: 16 things in 4 places. After
/// `./smalti --version`, from the project's root,
/// `java --add-modules jdk.incubator.vector -cp 'tools/target/lib/*' docs/examples/Quality.java`.
class Quality {
    private static final List<String> THINGS = List.of("cat", "dog", "rabbit", "fox", "bear", "panda", "pig", "frog", "lion",
            "monkey", "mouse", "cow", "robot", "man", "woman", "elephant");
    private static final List<String> PLACES = List.of("on the beach", "in the snow", "at night", "on a yellow background");
    private static final int IMAGES = 4;

    /// @param codes  greedy codes, one drawing per prompt
    /// @param scores mean cosine of four random drawings per prompt, by the f32 CLIP
    record Drawn(int[][] codes, double[] scores) {}

    public static void main(String[] args) {
        List<String> prompts = new ArrayList<>();
        for (String place : PLACES) for (String thing : THINGS) prompts.add("a " + thing + " " + place);
        try (Clip judge = Clip.load(ModelPaths.embedded().clip(), Compute.shared(), Precision.F32)) {
            Drawn exact = draw(prompts, judge, Precision.F32);
            System.out.println("| precision | equal greedy tokens | equal greedy drawings | mean cosine | change, ± standard error |");
            System.out.println("|---|---|---|---|---|");
            for (Precision precision : Precision.values()) report(precision, exact, draw(prompts, judge, precision));
        }
    }

    private static Drawn draw(List<String> prompts, Clip judge, Precision precision) {
        int[][] codes = new int[prompts.size()][];
        double[] scores = new double[prompts.size()];
        float[][] texts = judge.embedTexts(prompts);
        try (TextToImage model = TextToImage.embedded(LoadOptions.DEFAULT.withPrecision(precision))) {
            for (int i = 0; i < codes.length; i++) {
                codes[i] = model.generate(prompts.get(i), o -> o.images(1).temperature(0)).get(0).codes();
                GeneratedImages images = model.generate(prompts.get(i), o -> o.images(IMAGES).seed(7));
                List<Pixels> pixels = new ArrayList<>();
                for (RankedImage image : images) pixels.add(image.pixels());
                for (float[] image : judge.embedPixels(pixels)) scores[i] += judge.score(image, texts[i]).cosine() / IMAGES;
            }
        }
        return new Drawn(codes, scores);
    }

    private static void report(Precision precision, Drawn exact, Drawn drawn) {
        int n = drawn.scores().length;
        int tokens = 0;
        int equal = 0;
        int whole = 0;
        double mean = 0;
        double change = 0;
        for (int i = 0; i < n; i++) {
            int before = equal;
            for (int t = 0; t < drawn.codes()[i].length; t++) if (drawn.codes()[i][t] == exact.codes()[i][t]) equal++;
            tokens += drawn.codes()[i].length;
            if (equal - before == drawn.codes()[i].length) whole++;
            mean += drawn.scores()[i] / n;
            change += (drawn.scores()[i] - exact.scores()[i]) / n;
        }
        double variance = 0;
        for (int i = 0; i < n; i++) variance += Math.pow(drawn.scores()[i] - exact.scores()[i] - change, 2) / (n - 1);
        System.out.printf("| %s | %.1f %% | %d of %d | %.4f | %+.4f ± %.4f |%n", precision.name().toLowerCase(),
                100.0 * equal / tokens, whole, n, mean, change, Math.sqrt(variance / n));
    }
}
