package io.github.smalti.bench.peers;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Writes an ONNX model: a graph of nodes, its weights beside it in one file of raw little-endian numbers.
///
/// Only what the workloads need of the format (protocol buffers, field numbers of onnx.proto).
final class OnnxWriter implements AutoCloseable {
    /// Element types of the format.
    static final int FLOAT = 1, UINT8 = 2, INT8 = 3, INT32 = 6, INT64 = 7, BOOL = 9;

    private static final int IR_VERSION = 9;
    private static final int OPSET = 20;
    private static final int ALIGNMENT = 4096;
    /// Weights up to this many bytes lie in the graph's own file.
    private static final int INLINE = 1024;

    private final Path file;
    private final OutputStream data;
    private final String dataName;
    private final Message graph = new Message();
    private long written;
    private int names;

    /// Starts a model; its weights go to a file of the same name and `.data`.
    OnnxWriter(Path file) throws IOException {
        this.file = file;
        this.dataName = file.getFileName() + ".data";
        this.data = Files.newOutputStream(file.resolveSibling(dataName));
    }

    /// An input of the model; a negative size is unknown until it runs.
    String input(String name, int type, long... shape) {
        graph.message(11, value(name, type, shape));
        return name;
    }

    /// Names a value as an output of the model.
    void output(String name, int type, long... shape) { graph.message(12, value(name, type, shape)); }

    /// A float32 weight.
    String floats(float[] values, long... shape) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        return weight(FLOAT, bytes.array(), shape);
    }

    /// An int8 weight.
    String bytes(byte[] values, long... shape) throws IOException { return weight(INT8, values, shape); }

    /// Indices or a shape.
    String longs(long... values) {
        var tensor = new Message().number(1, values.length).number(2, INT64);
        for (long value : values) tensor.number(7, value);
        return constant(tensor);
    }

    /// One float without dimensions.
    String scalar(float value) { return constant(new Message().number(2, FLOAT).real(4, value)); }

    private String constant(Message tensor) {
        String name = "c" + names++;
        graph.message(5, tensor.text(8, name));
        return name;
    }

    private String weight(int type, byte[] bytes, long... shape) throws IOException {
        var tensor = new Message();
        for (long size : shape) tensor.number(1, size);
        tensor.number(2, type);
        if (bytes.length <= INLINE) return constant(tensor.raw(9, bytes)); // shapes are inferred from some of these
        tensor.message(13, new Message().text(1, "location").text(2, dataName));
        tensor.message(13, new Message().text(1, "offset").text(2, Long.toString(written)));
        tensor.message(13, new Message().text(1, "length").text(2, Long.toString(bytes.length)));
        tensor.number(14, 1); // data_location: external
        data.write(bytes);
        int padding = (int) (-(written + bytes.length) & ALIGNMENT - 1);
        data.write(new byte[padding]);
        written += bytes.length + padding;
        return constant(tensor);
    }

    /// A node of one output.
    String node(String type, List<String> inputs, Attribute... attributes) {
        return nodes(type, inputs, 1, attributes).get(0);
    }

    /// A node of some outputs.
    List<String> nodes(String type, List<String> inputs, int outputs, Attribute... attributes) {
        var node = new Message();
        for (String input : inputs) node.text(1, input);
        List<String> results = new ArrayList<>();
        for (int i = 0; i < outputs; i++) results.add("v" + names++);
        for (String result : results) node.text(2, result);
        node.text(3, "n" + names++).text(4, type);
        for (Attribute attribute : attributes) node.message(5, attribute.message());
        graph.message(1, node);
        return results;
    }

    /// Writes the graph.
    @Override
    public void close() throws IOException {
        data.close();
        var model = new Message().number(1, IR_VERSION).text(2, "smalti-bench").message(7, graph.text(2, "work"));
        model.message(8, new Message().text(1, "").number(2, OPSET));
        Files.write(file, model.bytes());
    }

    private static Message value(String name, int type, long... shape) {
        var dimensions = new Message();
        for (long size : shape) {
            dimensions.message(1, size < 0 ? new Message().text(2, "any") : new Message().number(1, size));
        }
        var tensor = new Message().number(1, type).message(2, dimensions);
        return new Message().text(1, name).message(2, new Message().message(1, tensor));
    }

    /// A named setting of a node: a number, a word or integers.
    record Attribute(String name, Object value) {
        Message message() {
            var message = new Message().text(1, name);
            return switch (value) {
                case Integer number -> message.number(3, number).number(20, 2);
                case Float number -> message.real(2, number).number(20, 1);
                case String word -> message.text(4, word).number(20, 3);
                case int[] numbers -> {
                    for (int number : numbers) message.number(8, number);
                    yield message.number(20, 7);
                }
                default -> throw new IllegalArgumentException("attribute " + name);
            };
        }
    }

    /// A message of protocol buffers.
    static final class Message {
        private final ByteArrayOutputStream out = new ByteArrayOutputStream();

        Message number(int field, long value) {
            varint(field << 3);
            varint(value);
            return this;
        }

        Message real(int field, float value) {
            varint(field << 3 | 5);
            int bits = Float.floatToRawIntBits(value);
            for (int i = 0; i < 4; i++) out.write(bits >>> 8 * i);
            return this;
        }

        Message raw(int field, byte[] value) { return block(field, value); }

        Message text(int field, String value) { return block(field, value.getBytes(StandardCharsets.UTF_8)); }

        Message message(int field, Message value) { return block(field, value.bytes()); }

        private Message block(int field, byte[] value) {
            varint(field << 3 | 2);
            varint(value.length);
            out.writeBytes(value);
            return this;
        }

        private void varint(long value) {
            long left = value;
            for (; (left & ~0x7fL) != 0; left >>>= 7) out.write((int) (left & 0x7f | 0x80));
            out.write((int) left);
        }

        byte[] bytes() { return out.toByteArray(); }
    }
}
