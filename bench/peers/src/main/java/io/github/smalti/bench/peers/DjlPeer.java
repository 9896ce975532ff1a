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
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

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
        return network == null ? products(manager, Product.parse(words)) : open(manager, network, words);
    }

    /// The work of a workload by another network than its own.
    Work open(Network network, String[] words) throws Exception {
        return open(engine.newBaseManager(), network, words);
    }

    private static Work open(NDManager manager, Network network, String[] words) throws Exception {
        if (network instanceof CachedNetwork step) return StepWork.of(step(manager, step, words), step, words);
        return module(manager, network, words[1]);
    }

    /// A step; of workload H it comes from a file with its weights, written when preparing.
    private static Step step(NDManager manager, CachedNetwork network, String[] words) throws Exception {
        if (!words[0].equals("H")) return new Step(module(manager, network, words[1]), network);
        Path file = Network.prepared(words, ".pt");
        if (words[3].equals("prepare")) {
            NDManager inner = manager.newSubManager();
            Module module = module(inner, network, words[1]);
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
                JniUtils.writeModule(module.block, out, false);
            }
            module.close();
        }
        PtSymbolBlock block = JniUtils.loadModule((PtNDManager) manager, file, false, new String[0], new String[0],
                false);
        return new Step(new Module(manager, block, input(manager, network)), network);
    }

    private static NDArray input(NDManager manager, Network network) {
        Network.Input input = network.inputs().get("x");
        Shape shape = new Shape(input.shape());
        return input.longs() == null ? manager.create(input.floats(), shape) : manager.create(input.longs(), shape);
    }

    private static Module module(NDManager manager, Network network, String dtype) throws IOException {
        TorchGraph graph = new TorchGraph(dtype);
        network.write(graph);
        Module module = new Module(manager, load(manager, graph.archive()), input(manager, network));
        for (TorchGraph.Weight weight : graph.weights()) module.give(weight.values(), weight.shape());
        return module;
    }

    private static PtSymbolBlock load(NDManager manager, byte[] archive) throws IOException {
        return JniUtils.loadModule((PtNDManager) manager, new ByteArrayInputStream(archive), false, false);
    }

    private static Work products(NDManager manager, Product product) throws IOException {
        NDArray x = manager.create(product.input(), new Shape(product.rows(), product.inputs()));
        Module module = new Module(manager, load(manager, TorchScript.products(product.dtype())), x);
        for (int copy = 0; copy < product.copies(); copy++) {
            module.give(product.weight(copy), product.outputs(), product.inputs());
        }
        return module;
    }

    /// A step of a decoder.
    private record Step(Module module, CachedNetwork network) implements StepWork {
        @Override
        public void at(int position) { module.take(network.input(position)); }

        @Override
        public float run() { return module.run(); }

        @Override
        public float[] outputs() { return module.outputs(); }

        @Override
        public void close() { module.close(); }
    }

    /// A program that has been given its weights.
    private static final class Module implements Work {
        private final NDManager manager;
        private final PtSymbolBlock block;
        private final IValue nothing;
        private NDArray array;
        private IValue x;
        private NDArray result;

        Module(NDManager manager, PtSymbolBlock block, NDArray input) {
            this.manager = manager;
            this.block = block;
            array = input;
            x = value(input);
            nothing = value(manager.create(new float[0], new Shape(0)));
        }

        void give(float[] weight, long... shape) {
            try (NDManager inner = manager.newSubManager()) {
                IValue value = value(inner.create(weight, new Shape(shape)));
                block.forward(x, value).close();
                value.close();
            }
        }

        /// Changes the input.
        void take(long[] input) {
            x.close();
            array.close();
            array = manager.create(input, new Shape(input.length));
            x = value(array);
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
