package io.github.smalti.bench;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.AttentionPattern;
import io.github.smalti.core.layer.SparseKeyValues;
import java.lang.foreign.Arena;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Attention of one layer of a decoder-only transformer, the mean step of a whole image: ruDALL-E XL's 16 heads of 128,
/// 128 text tokens and 32 × 32 image tokens.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "-Xmx4g"})
public class SparseAttentionBenchmark {
    /// What image tokens attend to.
    public enum Kind {
        /// All earlier tokens.
        FULL(new AttentionPattern.Full(1024)),
        /// The last 32.
        ROW(new AttentionPattern.Row(32)),
        /// Those above.
        COLUMN(new AttentionPattern.Column(32)),
        /// A square of 11 × 11 that ends at the border.
        CONVOLUTION(new AttentionPattern.Convolution(32, 11, false)),
        /// A square of 11 × 11 that goes on at the opposite border.
        WRAPPED_CONVOLUTION(new AttentionPattern.Convolution(32, 11, true));

        private final AttentionPattern pattern;

        Kind(AttentionPattern pattern) { this.pattern = pattern; }

        AttentionPattern pattern() { return pattern; }
    }

    static final int HEADS = 16;
    static final int HEAD_DIM = 128;
    static final int TEXT_LENGTH = 128;
    static final float SCALE = 0.0884f;
    /// Different tokens; they repeat.
    private static final int TOKENS = 97;

    /// Which tokens attend to which.
    @Param({"FULL", "ROW", "COLUMN", "CONVOLUTION", "WRAPPED_CONVOLUTION"})
    public Kind kind;

    /// How keys and values are stored.
    @Param({"F32", "BF16"})
    public Precision precision;

    private final float[][] tokens = new float[TOKENS][];
    private final int[] zero = new int[1];
    private final int[] position = new int[1];
    private final float[] out = new float[HEADS * HEAD_DIM];
    private SparseKeyValues cache;

    /// Fills the cache with the text.
    @Setup
    public void setUp() {
        cache = new SparseKeyValues(Arena.ofAuto(), precision, kind.pattern(), 1, TEXT_LENGTH, 1, HEADS, HEAD_DIM);
        for (int i = 0; i < TOKENS; i++) tokens[i] = RandomTensors.floats(3 * HEADS * HEAD_DIM, i);
        for (int at = 0; at < TEXT_LENGTH; at++) {
            cache.putAndAttendText(Compute.shared(), token(at), zero, new int[]{at}, 1, SCALE, out);
        }
        position[0] = 0;
    }

    /// Query, key and value of a token.
    ///
    /// @param at its place in text and image together
    float[] token(int at) { return tokens[at % TOKENS]; }

    /// The next token of an image; after the last one comes the first of another image.
    ///
    /// @return the mixed values
    @Benchmark
    public float[] attend() {
        if (position[0] == kind.pattern().length()) {
            cache.forgetImages();
            position[0] = 0;
        }
        cache.putAndAttendImage(Compute.shared(), token(TEXT_LENGTH + position[0]), zero, zero, position, 1, SCALE, out);
        position[0]++;
        return out;
    }
}
