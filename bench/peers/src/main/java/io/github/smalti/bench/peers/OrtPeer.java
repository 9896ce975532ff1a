package io.github.smalti.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// ONNX Runtime, all graph optimisations, two threads of one pool.
final class OrtPeer implements Peer {
    private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
    private final boolean spinning;

    /// @param spinning whether threads without work wait busily
    OrtPeer(boolean spinning) { this.spinning = spinning; }

    @Override
    public String describe() {
        return "ONNX Runtime " + environment.getVersion() + ", intraOp 2, spinning " + (spinning ? "on" : "off");
    }

    @Override
    public Work open(String[] words) throws Exception {
        if (words[0].equals("H")) return first(words);
        Path folder = Files.createTempDirectory("ort");
        Path file = folder.resolve("work.onnx");
        try {
            Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
            Network network = Network.of(words).orElse(null);
            if (network == null) {
                Product product = Product.parse(words);
                OrtGraphs.products(product, file);
                inputs.put("x", tensor(product.input(), product.rows(), product.inputs()));
            } else {
                OrtGraphs.network(network, words[1], file);
                if (network instanceof CachedNetwork step) {
                    return StepWork.of(new OrtStep(environment, session(file), step), step, words);
                }
                for (var entry : network.inputs().entrySet()) inputs.put(entry.getKey(), tensor(entry.getValue()));
            }
            return new Session(environment, session(file), inputs);
        } finally {
            for (String name : List.of("work.onnx", "work.onnx.data")) Files.deleteIfExists(folder.resolve(name));
            Files.delete(folder);
        }
    }

    /// The first step, of a file written when preparing.
    private Work first(String[] words) throws Exception {
        Path file = Network.prepared(words, ".onnx");
        StepNetwork network = StepNetwork.of(words);
        if (words[3].equals("prepare")) OrtGraphs.network(network, words[1], file);
        return StepWork.of(new OrtStep(environment, session(file), network), network, words);
    }

    OrtSession session(Path file) throws OrtException {
        try (SessionOptions options = new SessionOptions()) {
            options.setIntraOpNumThreads(2);
            options.setInterOpNumThreads(1);
            options.setOptimizationLevel(SessionOptions.OptLevel.ALL_OPT);
            options.addConfigEntry("session.intra_op.allow_spinning", spinning ? "1" : "0");
            return environment.createSession(file.toString(), options);
        }
    }

    private OnnxTensor tensor(Network.Input input) throws OrtException {
        if (input.floats() != null) return tensor(input.floats(), input.shape());
        return OnnxTensor.createTensor(environment, longs(input.longs().length).put(input.longs()).flip(),
                input.shape());
    }

    private OnnxTensor tensor(float[] values, long... shape) throws OrtException {
        return OnnxTensor.createTensor(environment, floats(values.length).put(values).flip(), shape);
    }

    static LongBuffer longs(int count) {
        return ByteBuffer.allocateDirect(count * 8).order(ByteOrder.nativeOrder()).asLongBuffer();
    }

    static FloatBuffer floats(int count) {
        return ByteBuffer.allocateDirect(count * 4).order(ByteOrder.nativeOrder()).asFloatBuffer();
    }

    /// One session and its inputs; all of the graph is computed, its last output into memory of ours.
    private static final class Session implements Work {
        private final OrtSession session;
        private final Map<String, OnnxTensor> inputs;
        private final FloatBuffer last;
        private final Map<String, OnnxTensor> pinned;

        Session(OrtEnvironment environment, OrtSession session, Map<String, OnnxTensor> inputs) throws OrtException {
            this.session = session;
            this.inputs = inputs;
            String name = List.copyOf(session.getOutputNames()).getLast();
            TensorInfo info = (TensorInfo) session.getOutputInfo().get(name).getInfo();
            last = floats((int) info.getNumElements());
            pinned = Map.of(name, OnnxTensor.createTensor(environment, last, info.getShape()));
        }

        @Override
        public float run() throws OrtException {
            session.run(inputs, Set.of(), pinned).close();
            return last.get(0);
        }

        @Override
        public float[] outputs() {
            float[] out = new float[last.capacity()];
            last.get(0, out);
            return out;
        }

        @Override
        public void close() throws OrtException {
            for (OnnxTensor input : inputs.values()) input.close();
            for (OnnxTensor output : pinned.values()) output.close();
            session.close();
        }
    }
}
