package io.github.smalti.bench.peers;

import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.core.layer.Linear;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Smalti as it is shipped: all processors, the widest vectors.
final class SmaltiPeer implements Peer {
    @Override
    public String describe() {
        return "Smalti, " + Compute.shared().team().size() + " threads, " + System.getProperty("java.vm.version");
    }

    @Override
    public Work open(String[] words) {
        if (!words[0].equals("A")) throw new UnsupportedOperationException("not written");
        return new Products(Product.parse(words));
    }

    private static Precision precision(String dtype) {
        for (Precision precision : Precision.values()) {
            if (precision.name().equalsIgnoreCase(dtype)) return precision;
        }
        throw new UnsupportedOperationException("no precision " + dtype);
    }

    private static final class Products implements Work {
        private final Arena arena = Arena.ofShared();
        private final Linear[] layers;
        private final float[] x;
        private final int rows;
        private final float[] out;

        Products(Product product) {
            Precision precision = precision(product.dtype());
            layers = new Linear[product.copies()];
            for (int i = 0; i < layers.length; i++) {
                TensorView weight = TensorView.contiguous(DType.F32, new long[]{product.outputs(), product.inputs()},
                        MemorySegment.ofArray(product.weight(i)));
                layers[i] = new Linear(Compute.shared(), PackedMatrix.pack(arena, precision, weight), null);
            }
            x = product.input();
            rows = product.rows();
            out = new float[rows * product.outputs()];
        }

        @Override
        public float run() {
            for (Linear layer : layers) layer.forward(x, rows, out);
            return out[0];
        }

        @Override
        public float[] outputs() { return out; }

        @Override
        public void close() { arena.close(); }
    }
}
