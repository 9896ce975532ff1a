package io.github.smalti.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// The workloads as ONNX graphs.
final class OrtGraphs {
    private OrtGraphs() {}

    /// As many products as there are weights, each an output of the graph.
    static void products(Product product, Path file) throws IOException {
        if (product.dtype().equals("bf16")) {
            throw new UnsupportedOperationException("no bfloat16 MatMul on the CPU (ORT_NOT_IMPLEMENTED)");
        }
        try (OnnxWriter graph = new OnnxWriter(file)) {
            String x = graph.input("x", OnnxWriter.FLOAT, product.rows(), product.inputs());
            for (int copy = 0; copy < product.copies(); copy++) {
                float[] weight = product.weight(copy);
                String y = product.dtype().equals("f32")
                        ? linear(graph, x, weight, product.outputs(), product.inputs())
                        : dynamicInt8(graph, x, weight, product.outputs(), product.inputs());
                graph.output(y, OnnxWriter.FLOAT, product.rows(), product.outputs());
            }
        }
    }

    /// A model; int8 is of its linear layers alone.
    static void network(Network network, String dtype, Path file) throws IOException {
        if (dtype.equals("bf16")) {
            throw new UnsupportedOperationException("no bfloat16 MatMul on the CPU (ORT_NOT_IMPLEMENTED)");
        }
        try (OnnxWriter writer = new OnnxWriter(file)) {
            network.inputs().forEach((name, input) -> writer.input(name,
                    input.longs() == null ? OnnxWriter.FLOAT : OnnxWriter.INT64, input.shape()));
            network.write(new OnnxGraph(writer, "x", dtype.equals("int8")));
        }
    }

    /// `x · Wᵗ` of a PyTorch weight, (outputs, inputs).
    static String linear(OnnxWriter graph, String x, float[] weight, int outputs, int inputs) throws IOException {
        return graph.node("MatMul", List.of(x, graph.floats(transpose(weight, outputs, inputs), inputs, outputs)));
    }

    /// Weights with a scale per output, activations quantised by their range when they arrive.
    static String dynamicInt8(OnnxWriter graph, String x, float[] weight, int outputs, int inputs)
            throws IOException {
        byte[] quantised = new byte[weight.length];
        float[] scales = new float[outputs];
        for (int output = 0; output < outputs; output++) {
            float largest = 0;
            for (int k = 0; k < inputs; k++) largest = Math.max(largest, Math.abs(weight[output * inputs + k]));
            scales[output] = largest / 127;
            for (int k = 0; k < inputs; k++) {
                quantised[k * outputs + output] = (byte) Math.round(weight[output * inputs + k] / scales[output]);
            }
        }
        String matrix = graph.bytes(quantised, inputs, outputs);
        String zeros = graph.bytes(new byte[outputs], outputs);
        List<String> input = graph.nodes("DynamicQuantizeLinear", List.of(x), 3);
        String sums = graph.node("MatMulInteger", List.of(input.get(0), matrix, input.get(2), zeros));
        String real = graph.node("Cast", List.of(sums), new OnnxWriter.Attribute("to", OnnxWriter.FLOAT));
        String scale = graph.node("Mul", List.of(input.get(1), graph.floats(scales, outputs)));
        return graph.node("Mul", List.of(real, scale));
    }

    static float[] transpose(float[] matrix, int rows, int columns) {
        float[] out = new float[matrix.length];
        for (int row = 0; row < rows; row += 16) { // by blocks, so that both sides stay in the cache
            for (int column = 0; column < columns; column++) {
                int end = Math.min(rows, row + 16);
                for (int r = row; r < end; r++) out[column * rows + r] = matrix[r * columns + column];
            }
        }
        return out;
    }
}
