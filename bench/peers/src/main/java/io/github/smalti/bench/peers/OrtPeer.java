package io.github.smalti.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

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
        Path folder = Files.createTempDirectory("ort");
        Path file = folder.resolve("work.onnx");
        try {
            if (!words[0].equals("A")) throw new UnsupportedOperationException("not written");
            Product product = Product.parse(words);
            OrtGraphs.products(product, file);
            OnnxTensor x = tensor(environment, product.input(), product.rows(), product.inputs());
            return new Session(environment, session(file), Map.of("x", x));
        } finally {
            for (String name : List.of("work.onnx", "work.onnx.data")) Files.deleteIfExists(folder.resolve(name));
            Files.delete(folder);
        }
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

    static OnnxTensor tensor(OrtEnvironment environment, float[] values, long... shape) throws OrtException {
        FloatBuffer direct = ByteBuffer.allocateDirect(values.length * 4).order(ByteOrder.nativeOrder()).asFloatBuffer();
        direct.put(values).flip();
        return OnnxTensor.createTensor(environment, direct, shape);
    }

    /// One session and its inputs; the last output is what is looked at.
    private static final class Session implements Work {
        private final OrtEnvironment environment;
        private final OrtSession session;
        private final Map<String, OnnxTensor> inputs;
        private OrtSession.Result result;

        Session(OrtEnvironment environment, OrtSession session, Map<String, OnnxTensor> inputs) {
            this.environment = environment;
            this.session = session;
            this.inputs = inputs;
        }

        @Override
        public float run() throws OrtException, IOException {
            if (result != null) result.close();
            result = session.run(inputs);
            return last().getBufferRef().orElseThrow().order(ByteOrder.nativeOrder()).getFloat(0);
        }

        private OnnxTensor last() { return (OnnxTensor) result.get(result.size() - 1); }

        @Override
        public float[] outputs() {
            FloatBuffer buffer = last().getFloatBuffer();
            float[] out = new float[buffer.remaining()];
            buffer.get(out);
            return out;
        }

        @Override
        public void close() throws OrtException {
            if (result != null) result.close();
            for (OnnxTensor input : inputs.values()) input.close();
            session.close();
        }
    }
}
