import com.sun.management.ThreadMXBean;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.transformer.CodeRequest;
import io.github.smalti.transformer.DalleBart;
import io.github.smalti.transformer.Sampling;
import io.github.smalti.transformer.TextIds;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;

/// Time and garbage of drawing two images with guidance, once warm. After `./smalti --version`, from the project's root,
/// `java --add-modules jdk.incubator.vector [-Dsmalti.vector.bits=256] -cp 'tools/target/lib/*' docs/examples/TokenCost.java
/// models/src/main/resources/META-INF/smalti/models/emoji-scenes/dalle`.
class TokenCost {
    public static void main(String[] args) {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (var model = DalleBart.load(Path.of(args[0]), Compute.shared(), Precision.BF16)) {
            var text = new TextIds(new int[] {0, 68, 523, 2}, 4);
            int tokens = model.codeCount();
            for (int round = 1; round <= 160; round++) {
                var sampling = new Sampling.Random(1f, 50, 0.9f);
                var request = new CodeRequest(text, text, sampling, 3f, round, new int[] {0, 1});
                long[] allocated = new long[tokens + 1];
                long start = System.nanoTime();
                model.generate(request, (done, _) -> {
                    allocated[done] = threads.getCurrentThreadAllocatedBytes();
                    return true;
                });
                double millis = (System.nanoTime() - start) / 1e6;
                if (round % 40 == 0) {
                    System.out.printf("round %d: %.1f ms, %d bytes a token%n", round, millis,
                            (allocated[tokens] - allocated[1]) / (tokens - 1));
                }
            }
        }
    }
}
