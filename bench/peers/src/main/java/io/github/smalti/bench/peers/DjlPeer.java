package io.github.smalti.bench.peers;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;

/// libtorch through DJL, two threads.
final class DjlPeer implements Peer {
    private final Engine engine = Engine.getEngine("PyTorch");

    DjlPeer() {
        JniUtils.setNumThreads(2);
        JniUtils.setNumInteropThreads(1);
    }

    @Override
    public String describe() {
        return "libtorch " + engine.getVersion() + " through DJL " + Engine.getDjlVersion() + ", "
                + JniUtils.getNumThreads() + " threads";
    }

    @Override
    public Work open(String[] words) throws Exception {
        if (!words[0].equals("A")) throw new UnsupportedOperationException("not written");
        return new Products(engine.newBaseManager(), Product.parse(words));
    }

    private static final class Products implements Work {
        private final NDManager manager;
        private final PtSymbolBlock block;
        private final IValue x;
        private final IValue nothing;
        private NDArray result;

        Products(NDManager manager, Product product) throws IOException {
            this.manager = manager;
            byte[] archive = TorchScript.products(product.dtype());
            block = JniUtils.loadModule((PtNDManager) manager, new ByteArrayInputStream(archive), false, false);
            x = value(manager.create(product.input(), new Shape(product.rows(), product.inputs())));
            nothing = value(manager.create(new float[0], new Shape(0)));
            for (int copy = 0; copy < product.copies(); copy++) {
                try (NDManager inner = manager.newSubManager()) {
                    Shape shape = new Shape(product.outputs(), product.inputs());
                    IValue weight = value(inner.create(product.weight(copy), shape));
                    block.forward(x, weight).close();
                    weight.close();
                }
            }
        }

        private static IValue value(NDArray array) { return IValue.from((ai.djl.pytorch.engine.PtNDArray) array); }

        @Override
        public float run() {
            if (result != null) result.close();
            IValue value = block.forward(x, nothing);
            NDList list = value.toNDList((PtNDManager) manager);
            value.close();
            result = list.get(0);
            return result.toByteBuffer().getFloat(0);
        }

        @Override
        public float[] outputs() { return result.toFloatArray(); }

        @Override
        public void close() {
            x.close();
            nothing.close();
            block.close();
            manager.close();
        }
    }
}
