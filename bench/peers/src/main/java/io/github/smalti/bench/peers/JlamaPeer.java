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

/// Jlama's products, cut into chunks as its own layers cut them; two threads.
final class JlamaPeer implements Peer {
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
        }

        private static AbstractTensor<?, ?> weight(Product product, int copy) {
            float[] values = product.weight(copy);
            if (product.dtype().equals("f32")) return tensor(values, product.outputs(), product.inputs());
            var tensor = new BFloat16BufferTensor(product.outputs(), product.inputs());
            MemorySegment memory = tensor.getMemorySegment();
            for (int i = 0; i < values.length; i++) {
                memory.setAtIndex(ValueLayout.JAVA_SHORT_UNALIGNED, i, Numbers.toBfloat16(values[i]));
            }
            return tensor;
        }

        private static FloatBufferTensor tensor(float[] values, int rows, int columns) {
            var tensor = new FloatBufferTensor(rows, columns);
            MemorySegment.copy(values, 0, tensor.getMemorySegment(), ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values.length);
            return tensor;
        }

        @Override
        public float run() {
            for (AbstractTensor<?, ?> weight : weights) {
                VectorMath.pchunk(0, product.outputs(),
                        (start, count) -> operations.dotProductChunk(out, x, weight, 0, product.inputs(), start, count));
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
