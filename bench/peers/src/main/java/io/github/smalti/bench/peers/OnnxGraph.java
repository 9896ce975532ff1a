package io.github.smalti.bench.peers;

import io.github.smalti.bench.peers.OnnxWriter.Attribute;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// A network as ONNX; norms over groups are written as exporters write them.
///
/// @param writer where it goes
/// @param input  the input's name
/// @param int8   whether linear layers are of int8
/// @param masks  masks that are inputs already
record OnnxGraph(OnnxWriter writer, String input, boolean int8, Set<String> masks) implements Graph {
    OnnxGraph(OnnxWriter writer, String input, boolean int8) { this(writer, input, int8, new HashSet<>()); }

    @Override
    public String constant(float[] values, long... shape) throws IOException { return writer.floats(values, shape); }

    @Override
    public String convolution(String x, float[] kernel, long[] shape, float[] bias, int stride, int padding)
            throws IOException {
        int size = (int) shape[2];
        return writer.node("Conv", List.of(x, writer.floats(kernel, shape), writer.floats(bias, bias.length)),
                new Attribute("kernel_shape", new int[]{size, size}),
                new Attribute("strides", new int[]{stride, stride}),
                new Attribute("pads", new int[]{padding, padding, padding, padding}));
    }

    @Override
    public String linear(String x, float[] weight, int outputs, int inputs, float[] bias) throws IOException {
        String product = int8
                ? OrtGraphs.dynamicInt8(writer, x, weight, outputs, inputs)
                : OrtGraphs.linear(writer, x, weight, outputs, inputs);
        return bias == null ? product : add(product, writer.floats(bias, outputs));
    }

    @Override
    public String groupNorm(String x, int groups, float[] scale, float[] bias, float epsilon) throws IOException {
        String shape = writer.node("Shape", List.of(x));
        float[] ones = new float[groups];
        Arrays.fill(ones, 1);
        String normed = writer.node("InstanceNormalization",
                List.of(reshape(x, 0, groups, -1), writer.floats(ones, groups),
                        writer.floats(new float[groups], groups)),
                new Attribute("epsilon", epsilon));
        String picture = writer.node("Reshape", List.of(normed, shape));
        String scaled = multiply(picture, writer.floats(scale, scale.length, 1, 1));
        return add(scaled, writer.floats(bias, bias.length, 1, 1));
    }

    @Override
    public String layerNorm(String x, int width, float[] scale, float[] bias, float epsilon) throws IOException {
        float[] ones = new float[width];
        Arrays.fill(ones, 1);
        return writer.node("LayerNormalization",
                List.of(x, writer.floats(scale == null ? ones : scale, width),
                        writer.floats(bias == null ? new float[width] : bias, width)),
                new Attribute("axis", -1), new Attribute("epsilon", epsilon));
    }

    @Override
    public String attention(String q, String k, String v, String mask, float scale) {
        String products = writer.node("MatMul", List.of(q, permute(k, 0, 1, 3, 2)));
        String scores = multiply(products, writer.scalar(scale));
        if (mask != null) scores = add(scores, mask);
        return writer.node("MatMul", List.of(softmax(scores), v));
    }

    /// All the room of the cache, masked where a layer does not attend; what is new goes out as outputs.
    @Override
    public String cachedAttention(Cache cache, String q, String k, String v, float scale) {
        int layer = cache.layer();
        long room = cache.room() < cache.positions() ? -1 : cache.room();
        int[] shape = {cache.rows(), cache.heads(), cache.size()};
        String mask = cache.mask().name();
        if (masks.add(mask)) writer.input(mask, OnnxWriter.FLOAT, room);
        String keys = writer.input("keys" + layer, OnnxWriter.FLOAT, shape[0], shape[1], shape[2], room);
        String values = writer.input("values" + layer, OnnxWriter.FLOAT, shape[0], shape[1], room, shape[2]);
        writer.output(k, OnnxWriter.FLOAT, shape[0], shape[1], 1, shape[2]);
        writer.output(v, OnnxWriter.FLOAT, shape[0], shape[1], 1, shape[2]);
        String scaled = multiply(q, writer.scalar(scale));
        String before = add(writer.node("MatMul", List.of(scaled, keys)), mask);
        String self = writer.node("MatMul", List.of(scaled, permute(k, 0, 1, 3, 2)));
        String shares = softmax(concatenate(3, before, self));
        String mixed = writer.node("MatMul", List.of(slice(shares, 3, 0, -1), values));
        return add(mixed, multiply(slice(shares, 3, -1, Integer.MAX_VALUE), v));
    }

    private String softmax(String x) { return writer.node("Softmax", List.of(x), new Attribute("axis", -1)); }

    @Override
    public String doubled(String x) throws IOException {
        return writer.node("Resize", List.of(x, "", writer.floats(new float[]{1, 1, 2, 2}, 4)),
                new Attribute("mode", "nearest"), new Attribute("coordinate_transformation_mode", "asymmetric"),
                new Attribute("nearest_mode", "floor"));
    }

    @Override
    public String lookUp(String table, String indices) {
        return writer.node("Gather", List.of(table, indices), new Attribute("axis", 0));
    }

    @Override
    public String slice(String x, int axis, int from, int to) {
        return writer.node("Slice", List.of(x, writer.longs(from), writer.longs(to), writer.longs(axis)));
    }

    @Override
    public String concatenate(int axis, String... parts) {
        return writer.node("Concat", List.of(parts), new Attribute("axis", axis));
    }

    @Override
    public String add(String a, String b) { return writer.node("Add", List.of(a, b)); }

    @Override
    public String multiply(String a, String b) { return writer.node("Mul", List.of(a, b)); }

    @Override
    public String sigmoid(String x) { return writer.node("Sigmoid", List.of(x)); }

    @Override
    public String relu(String x) { return writer.node("Relu", List.of(x)); }

    @Override
    public String gelu(String x) { return writer.node("Gelu", List.of(x)); }

    @Override
    public String geluByTanh(String x) { return writer.node("Gelu", List.of(x), new Attribute("approximate", "tanh")); }

    @Override
    public String reshape(String x, long... shape) { return writer.node("Reshape", List.of(x, writer.longs(shape))); }

    @Override
    public String permute(String x, int... axes) {
        return writer.node("Transpose", List.of(x), new Attribute("perm", axes));
    }

    @Override
    public void output(String x, long... shape) { writer.output(x, OnnxWriter.FLOAT, shape); }
}
