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
        NDManager manager = engine.newBaseManager();
        Network network = Network.of(words).orElse(null);
        if (network == null) return products(manager, Product.parse(words));
        TorchGraph graph = new TorchGraph(words[1].equals("bf16"));
        network.write(graph);
        Network.Input input = network.inputs().get("x");
        Shape shape = new Shape(input.shape());
        NDArray x = input.longs() == null
                ? manager.create(input.floats(), shape)
                : manager.create(input.longs(), shape);
        Module module = new Module(manager, graph.archive(), x);
        for (TorchGraph.Weight weight : graph.weights()) module.give(weight.values(), weight.shape());
        if (words[0].equals("B")) {
            for (int position = 0; position < StepNetwork.POSITIONS; position++) {
                module.at(position);
                module.run();
            }
            module.become(words);
        }
        return module;
    }

    private static Work products(NDManager manager, Product product) throws IOException {
        NDArray x = manager.create(product.input(), new Shape(product.rows(), product.inputs()));
        Module module = new Module(manager, TorchScript.products(product.dtype()), x);
        for (int copy = 0; copy < product.copies(); copy++) {
            module.give(product.weight(copy), product.outputs(), product.inputs());
        }
        return module;
    }

    /// A program that has been given its weights.
    private static final class Module implements Work {
        private final NDManager manager;
        private final PtSymbolBlock block;
        private IValue x;
        private final IValue nothing;
        private NDArray result;

        Module(NDManager manager, byte[] archive, NDArray x) throws IOException {
            this.manager = manager;
            block = JniUtils.loadModule((PtNDManager) manager, new ByteArrayInputStream(archive), false, false);
            this.x = value(x);
            nothing = value(manager.create(new float[0], new Shape(0)));
        }

        void give(float[] weight, long... shape) {
            try (NDManager inner = manager.newSubManager()) {
                IValue value = value(inner.create(weight, new Shape(shape)));
                block.forward(x, value).close();
                value.close();
            }
        }

        /// The step of a position.
        void at(int position) {
            x.close();
            x = value(manager.create(StepNetwork.input(position), new Shape(3)));
        }

        @Override
        public boolean become(String[] words) {
            if (!words[0].equals("B")) return false;
            at(Integer.parseInt(words[3]));
            return true;
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
