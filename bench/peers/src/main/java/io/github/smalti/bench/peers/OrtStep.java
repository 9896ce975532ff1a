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

/// Workload B in ONNX Runtime: the caches lie in memory of ours that the graph reads and this class adds to, so that a
/// step copies nothing but its own keys and values.
final class OrtStep implements Work {
    private static final int HEADS = StepNetwork.ROWS * BartParts.HEADS;

    private final OrtSession session;
    private final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
    private final LongBuffer x = OrtPeer.longs(3);
    private final FloatBuffer mask = OrtPeer.floats(StepNetwork.POSITIONS);
    private final List<FloatBuffer> caches = new ArrayList<>();
    private final List<FloatBuffer> news = new ArrayList<>();
    private final FloatBuffer logits;
    private int position;

    OrtStep(OrtEnvironment environment, OrtSession session, int position) throws OrtException {
        this.session = session;
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
        for (this.position = 0; this.position < StepNetwork.POSITIONS; this.position++) run();
        this.position = position;
    }

    @Override
    public boolean become(String[] words) {
        position = Integer.parseInt(words[3]);
        return true;
    }

    @Override
    public float run() throws OrtException {
        x.put(0, StepNetwork.input(position));
        for (int i = 0; i < StepNetwork.POSITIONS; i++) mask.put(i, i < position ? 0 : Float.NEGATIVE_INFINITY);
        session.run(inputs, Set.of(), outputs).close();
        for (int i = 0; i < caches.size(); i++) append(caches.get(i), news.get(i), i % 2 == 0);
        return logits.get(0);
    }

    /// Adds this position to a cache: keys lie as (heads, head, positions), values as (heads, positions, head).
    private void append(FloatBuffer cache, FloatBuffer added, boolean isKey) {
        int positions = StepNetwork.POSITIONS;
        for (int head = 0; head < HEADS; head++) {
            if (isKey) {
                for (int d = 0; d < BartParts.HEAD; d++) {
                    int i = head * BartParts.HEAD + d;
                    cache.put(i * positions + position, added.get(i));
                }
            } else {
                cache.put((head * positions + position) * BartParts.HEAD, added, head * BartParts.HEAD, BartParts.HEAD);
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
