package io.github.smalti.bench.peers;

import com.github.tjake.jlama.math.VectorMath;
import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.BFloat16BufferTensor;
import com.github.tjake.jlama.tensor.FloatBufferTensor;
import com.github.tjake.jlama.tensor.operations.TensorOperations;
import com.github.tjake.jlama.tensor.operations.TensorOperationsProvider;
import com.github.tjake.jlama.util.PhysicalCoreExecutor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/// Jlama's products, two threads.
///
/// The outputs are cut here and not by `VectorMath.pchunk`: that one computes the right remainder only if the outputs
/// are a multiple of its number of chunks (84 of 5460 outputs are never written), which Jlama's own models keep to. And
/// version 0.8.4 leaves out the corner where a rest of rows meets a rest of columns of its register tiles, and needs rows
/// of whole vectors, so rows are filled up with zeros. These are limits that a user of Jlama would work around, so they
/// are worked around here rather than called wrong results.
final class JlamaPeer implements Peer {
    /// Columns of whole tiles, be they 4 or 5 wide.
    private static final int TILES = 20;
    /// Elements of the widest vector, of two bytes each.
    private static final int VECTOR = 32;

    private final TensorOperations operations;

    JlamaPeer() {
        PhysicalCoreExecutor.overrideThreadCount(2);
        operations = TensorOperationsProvider.get();
    }

    @Override
    public String describe() {
        return "Jlama, " + operations.name() + ", " + PhysicalCoreExecutor.instance.get().getCoreCount() + " threads";
    }

    @Override
    public Work open(String[] words) {
        if (!words[0].equals("A")) throw new UnsupportedOperationException("matrix products only");
        return new Products(operations, Product.parse(words));
    }

    private static final class Products implements Work {
        private final TensorOperations operations;
        private final Product product;
        private final AbstractTensor<?, ?>[] weights;
        private final FloatBufferTensor x;
        private final FloatBufferTensor out;
        private final List<int[]> cuts;

        Products(TensorOperations operations, Product product) {
            this.operations = operations;
            this.product = product;
            if (product.dtype().equals("int8")) {
                throw new UnsupportedOperationException("no product of int8 with int8 (UnsupportedOperationException)");
            }
            weights = new AbstractTensor<?, ?>[product.copies()];
            for (int copy = 0; copy < weights.length; copy++) weights[copy] = weight(product, copy);
            x = tensor(product.input(), product.rows(), product.inputs());
            out = new FloatBufferTensor(product.rows(), product.outputs());
            cuts = cuts(product.outputs(), operations.parallelSplitSize());
        }

        /// First output and number of outputs of each call: about as many as Jlama wants, without a rest of columns in
        /// tiles of 4 or 5, and the last few outputs in calls smaller than a tile.
        private static List<int[]> cuts(int outputs, int wanted) {
            int step = Math.max(1, (outputs / wanted + TILES - 1) / TILES) * TILES;
            List<int[]> cuts = new ArrayList<>();
            for (int at = 0; at < outputs;) {
                int left = outputs - at;
                int count = left < TILES ? Math.min(4, left) : Math.min(step, left / TILES * TILES);
                cuts.add(new int[]{at, count});
                at += count;
            }
            return cuts;
        }

        private static AbstractTensor<?, ?> weight(Product product, int copy) {
            float[] values = product.weight(copy);
            if (product.dtype().equals("f32")) return tensor(values, product.outputs(), product.inputs());
            int padded = padded(product.inputs());
            short[] halves = new short[product.outputs() * padded];
            for (int i = 0; i < values.length; i++) {
                halves[i / product.inputs() * padded + i % product.inputs()] = Numbers.toBfloat16(values[i]);
            }
            var tensor = new BFloat16BufferTensor(product.outputs(), padded);
            MemorySegment.copy(halves, 0, tensor.getMemorySegment(), ValueLayout.JAVA_SHORT_UNALIGNED, 0,
                    halves.length);
            return tensor;
        }

        private static FloatBufferTensor tensor(float[] values, int rows, int columns) {
            int padded = padded(columns);
            var tensor = new FloatBufferTensor(rows, padded);
            for (int row = 0; row < rows; row++) {
                MemorySegment.copy(values, row * columns, tensor.getMemorySegment(), ValueLayout.JAVA_FLOAT_UNALIGNED,
                        row * padded * 4L, columns);
            }
            return tensor;
        }

        private static int padded(int length) { return (length + VECTOR - 1) / VECTOR * VECTOR; }

        @Override
        public float run() {
            for (AbstractTensor<?, ?> weight : weights) {
                VectorMath.pfor(0, cuts.size(),
                        i -> operations.dotProductChunk(out, x, weight, 0, padded(product.inputs()),
                                cuts.get(i)[0], cuts.get(i)[1]));
            }
            return out.get(0, 0);
        }

        @Override
        public float[] outputs() {
            float[] values = new float[product.rows() * product.outputs()];
            for (int row = 0; row < product.rows(); row++) {
                for (int i = 0; i < product.outputs(); i++) values[row * product.outputs() + i] = out.get(row, i);
            }
            return values;
        }
    }
}
