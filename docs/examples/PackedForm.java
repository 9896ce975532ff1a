import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.transformer.CodeRequest;
import io.github.smalti.transformer.DalleBart;
import io.github.smalti.transformer.Sampling;
import io.github.smalti.transformer.TextIds;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/// How much sooner a model starts whose matrices lie packed in its file: time until it is loaded, until the first token
/// and of a whole drawing, of the same model in several folders in turns; all must draw the same codes. After
/// `./smalti --version`, from the project's root:
///
/// ```
/// ./smalti bench random-model mini /tmp/mini && ./smalti convert /tmp/mini /tmp/mini-packed --dtype bf16 --packed
/// java --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -Xmx2g -cp 'tools/target/lib/*' \
///     docs/examples/PackedForm.java bf16 5 /tmp/mini /tmp/mini-packed
/// ```
class PackedForm {
    private static final String[] MOMENTS = {"loaded", "first token", "all tokens"};

    /// Milliseconds until each moment.
    private static double[] draw(Path folder, Precision precision, int[][][] codes) {
        double[] millis = new double[MOMENTS.length];
        long start = System.nanoTime();
        try (var model = DalleBart.load(folder, Compute.shared(), precision)) {
            millis[0] = (System.nanoTime() - start) / 1e6;
            int length = model.textLength();
            int[] ids = new int[length];
            for (int i = 0; i < length; i++) ids[i] = 3 + 31 * i % 1000;
            var request = new CodeRequest(new TextIds(ids, length), new TextIds(new int[] {0, 2}, 2),
                    Sampling.of(1, 0, 1), 10, 7, new int[] {0});
            codes[0] = model.generate(request, (done, _) -> {
                if (done == 1) millis[1] = (System.nanoTime() - start) / 1e6;
                return true;
            });
            millis[2] = (System.nanoTime() - start) / 1e6;
        }
        return millis;
    }

    public static void main(String[] args) {
        Precision precision = Precision.valueOf(args[0].toUpperCase(Locale.ROOT));
        int rounds = Integer.parseInt(args[1]);
        int ways = args.length - 2;
        double[][][] times = new double[ways][MOMENTS.length][rounds];
        int[][] expected = null;
        for (int round = -2; round < rounds; round++) { // two warm up
            for (int i = 0; i < ways; i++) {
                int way = (i + Math.floorMod(round, ways)) % ways;
                int[][][] codes = new int[1][][];
                double[] found = draw(Path.of(args[2 + way]), precision, codes);
                if (expected == null) expected = codes[0];
                if (!Arrays.deepEquals(expected, codes[0])) throw new AssertionError(args[2 + way] + " draws other codes");
                for (int moment = 0; moment < MOMENTS.length && round >= 0; moment++) {
                    times[way][moment][round] = found[moment];
                }
            }
        }
        System.out.println("medians in ms (least to most) of " + rounds + " rounds in turns | "
                + String.join(" | ", MOMENTS));
        for (int way = 0; way < ways; way++) {
            System.out.print(args[2 + way]);
            for (double[] each : times[way]) {
                Arrays.sort(each);
                System.out.printf(Locale.ROOT, " | %.0f (%.0f to %.0f)", each[rounds / 2], each[0], each[rounds - 1]);
            }
            System.out.println();
        }
    }
}
