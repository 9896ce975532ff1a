package io.github.smalti.weights.internal;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// Writes pickles opcode by opcode.
final class PickleBytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    PickleBytes() { op(0x80).op(2); }

    /// Bytes as they are; characters of opcodes serve as such.
    PickleBytes op(int... codes) {
        for (int code : codes) out.write(code);
        return this;
    }

    PickleBytes text(String text) {
        byte[] raw = text.getBytes(StandardCharsets.UTF_8);
        out.write('X');
        out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(raw.length).array());
        out.writeBytes(raw);
        return this;
    }

    PickleBytes number(int value) {
        out.write('J');
        out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
        return this;
    }

    PickleBytes global(String module, String name) { return op('c').line(module).line(name); }

    PickleBytes line(String text) {
        out.writeBytes((text + "\n").getBytes(StandardCharsets.UTF_8));
        return this;
    }

    /// A float32 vector that fills storage `key`.
    PickleBytes vector(String key, int length) { return vector("FloatStorage", key, length, length, 1); }

    PickleBytes vector(String storageClass, String key, int stored, int length, int stride) {
        global("torch._utils", "_rebuild_tensor_v2").op('(');
        storage(storageClass, key, stored).op('t', 'Q');
        number(0).number(length).op(0x85).number(stride).op(0x85, 0x89, 'N', 't', 'R');
        return this;
    }

    /// The open tuple of a storage's persistent id.
    PickleBytes storage(String storageClass, String key, int count) {
        return op('(').text("storage").global("torch", storageClass).text(key).text("cuda:0").number(count);
    }

    byte[] stop() {
        out.write('.');
        return out.toByteArray();
    }
}
