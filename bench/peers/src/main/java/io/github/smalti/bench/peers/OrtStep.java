package io.github.smalti.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A step in ONNX Runtime: the caches lie in memory of ours that the graph reads and this class adds to, so that a
/// step copies nothing but its own keys and values.
final class OrtStep implements StepWork {
    private final StepNetwork network;
    private final OrtSession session;
    private final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
    private final LongBuffer x;
    private final FloatBuffer mask;
    private final List<FloatBuffer> caches = new ArrayList<>();
    private final List<FloatBuffer> news = new ArrayList<>();
    private final FloatBuffer logits;
    private int position;

    OrtStep(OrtEnvironment environment, OrtSession session, StepNetwork network) throws OrtException {
        this.session = session;
        this.network = network;
        x = OrtPeer.longs(network.rows() + 1);
        mask = OrtPeer.floats(network.positions());
        for (var input : session.getInputInfo().entrySet()) {
            TensorInfo info = (TensorInfo) input.getValue().getInfo();
            String name = input.getKey();
            if (name.equals("x")) {
                inputs.put(name, OnnxTensor.createTensor(environment, x, info.getShape()));
            } else if (name.equals("mask")) {
                inputs.put(name, OnnxTensor.createTensor(environment, mask, info.getShape()));
            } else {
                caches.add(OrtPeer.floats((int) info.getNumElements()));
                inputs.put(name, OnnxTensor.createTensor(environment, caches.getLast(), info.getShape()));
            }
        }
        for (var output : session.getOutputInfo().entrySet()) {
            TensorInfo info = (TensorInfo) output.getValue().getInfo();
            news.add(OrtPeer.floats((int) info.getNumElements()));
            outputs.put(output.getKey(), OnnxTensor.createTensor(environment, news.getLast(), info.getShape()));
        }
        logits = news.removeLast();
    }

    @Override
    public void at(int next) { position = next; }

    @Override
    public float run() throws OrtException {
        x.put(0, network.input(position));
        for (int i = 0; i < mask.capacity(); i++) mask.put(i, i < position ? 0 : Float.NEGATIVE_INFINITY);
        session.run(inputs, Set.of(), outputs).close();
        for (int i = 0; i < caches.size(); i++) append(caches.get(i), news.get(i), i % 2 == 0);
        return logits.get(0);
    }

    /// Adds this position to a cache: keys lie as (heads, head, positions), values as (heads, positions, head).
    private void append(FloatBuffer cache, FloatBuffer added, boolean isKey) {
        int positions = mask.capacity();
        int size = network.headSize();
        for (int head = 0; head < added.capacity() / size; head++) {
            if (isKey) {
                for (int d = 0; d < size; d++) {
                    int i = head * size + d;
                    cache.put(i * positions + position, added.get(i));
                }
            } else {
                cache.put((head * positions + position) * size, added, head * size, size);
            }
        }
    }

    @Override
    public float[] outputs() {
        float[] out = new float[logits.capacity()];
        logits.get(0, out);
        return out;
    }

    @Override
    public void close() throws OrtException {
        for (OnnxTensor input : inputs.values()) input.close();
        for (OnnxTensor output : outputs.values()) output.close();
        session.close();
    }
}
