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
/// step copies nothing but its own keys and values. When the room is too small, they move before the step.
final class OrtStep implements StepWork {
    private final OrtEnvironment environment;
    private final CachedNetwork network;
    private final OrtSession session;
    private final Map<String, OnnxTensor> inputs = new LinkedHashMap<>();
    private final Map<String, OnnxTensor> outputs = new LinkedHashMap<>();
    private final LongBuffer x;
    private final List<FloatBuffer> masks = new ArrayList<>();
    private final List<String> cacheNames = new ArrayList<>();
    private final List<FloatBuffer> caches = new ArrayList<>();
    private final List<FloatBuffer> news = new ArrayList<>();
    private final FloatBuffer logits;
    private int room;
    private int position;

    OrtStep(OrtEnvironment environment, OrtSession session, CachedNetwork network) throws OrtException {
        this.environment = environment;
        this.session = session;
        this.network = network;
        x = OrtPeer.longs(network.rows() + 1);
        inputs.put("x", OnnxTensor.createTensor(environment, x, new long[]{x.capacity()}));
        for (String name : session.getInputNames()) if (isCache(name)) cacheNames.add(name);
        makeRoom(network.room(0));
        for (var output : session.getOutputInfo().entrySet()) {
            TensorInfo info = (TensorInfo) output.getValue().getInfo();
            news.add(OrtPeer.floats((int) info.getNumElements()));
            outputs.put(output.getKey(), OnnxTensor.createTensor(environment, news.getLast(), info.getShape()));
        }
        logits = news.removeLast();
    }

    private static boolean isKeys(String name) { return name.startsWith("keys"); }

    private static boolean isCache(String name) { return isKeys(name) || name.startsWith("values"); }

    /// Moves the caches to where there is more room, or makes the first of them.
    private void makeRoom(int next) throws OrtException {
        List<FloatBuffer> before = List.copyOf(caches);
        masks.clear();
        caches.clear();
        for (Mask mask : network.masks()) masks.add(replace(mask.name(), new long[]{next}));
        for (String name : cacheNames) {
            long[] shape = ((TensorInfo) session.getInputInfo().get(name).getInfo()).getShape();
            shape[isKeys(name) ? 3 : 2] = next;
            caches.add(replace(name, shape));
        }
        for (int i = 0; i < before.size(); i++) {
            int unit = isKeys(cacheNames.get(i)) ? 1 : network.headSize();
            int parts = before.get(i).capacity() / (room * unit);
            for (int part = 0; part < parts; part++) {
                caches.get(i).put(part * next * unit, before.get(i), part * room * unit, Math.min(room, next) * unit);
            }
        }
        room = next;
    }

    private FloatBuffer replace(String name, long[] shape) throws OrtException {
        int count = 1;
        for (long size : shape) count *= (int) size;
        FloatBuffer floats = OrtPeer.floats(count);
        OnnxTensor old = inputs.put(name, OnnxTensor.createTensor(environment, floats, shape));
        if (old != null) old.close();
        return floats;
    }

    @Override
    public void at(int next) throws OrtException {
        if (network.room(next) > room) {
            boolean isLeft = position >= room; // what the last step computed had no room then
            makeRoom(network.room(next));
            if (isLeft) append();
        }
        position = next;
        x.put(0, network.input(position));
        for (int i = 0; i < masks.size(); i++) masks.get(i).put(0, network.masks().get(i).row(position, room));
    }

    @Override
    public float run() throws OrtException {
        session.run(inputs, Set.of(), outputs).close();
        if (position < room) append();
        return logits.get(0);
    }

    private void append() {
        for (int i = 0; i < caches.size(); i++) append(caches.get(i), news.get(i), isKeys(cacheNames.get(i)));
    }

    /// Adds this position to a cache: keys lie as (heads, head, positions), values as (heads, positions, head).
    private void append(FloatBuffer cache, FloatBuffer added, boolean isKey) {
        int size = network.headSize();
        for (int head = 0; head < added.capacity() / size; head++) {
            if (isKey) {
                for (int d = 0; d < size; d++) {
                    int i = head * size + d;
                    cache.put(i * room + position, added.get(i));
                }
            } else {
                cache.put((head * room + position) * size, added, head * size, size);
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
