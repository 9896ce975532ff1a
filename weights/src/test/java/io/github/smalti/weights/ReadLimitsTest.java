package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.golden.GoldenCase;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Every limit is obeyed by the reader that it is for, and each can be set alone.
class ReadLimitsTest {
    @TempDir
    private Path folder;

    @Test
    void eachWithMethodChangesItsLimitAlone() throws ReflectiveOperationException {
        for (RecordComponent component : ReadLimits.class.getRecordComponents()) {
            String name = component.getName();
            Method with = Arrays.stream(ReadLimits.class.getMethods())
                    .filter(m -> m.getName().equalsIgnoreCase("with" + name)).findFirst().orElseThrow();
            Object seven = component.getType() == int.class ? (Object) 7 : (Object) 7L;
            var changed = (ReadLimits) with.invoke(ReadLimits.DEFAULT, seven);
            for (RecordComponent other : ReadLimits.class.getRecordComponents()) {
                Object expected = other.getName().equals(name) ? seven : other.getAccessor().invoke(ReadLimits.DEFAULT);
                assertEquals(expected, other.getAccessor().invoke(changed), name + " changed " + other.getName());
            }
        }
    }

    @Test
    void refusesLimitsThatMakeNoSense() {
        assertThrows(IllegalArgumentException.class, () -> ReadLimits.DEFAULT.withTensors(0));
        assertThrows(IllegalArgumentException.class, () -> ReadLimits.DEFAULT.withDepth(1001));
        assertThrows(IllegalArgumentException.class, () -> ReadLimits.DEFAULT.withHeaderBytes(1L << 31));
    }

    @Test
    void readersObeyTheLimitsTheyAreGiven() {
        String safetensors = "bad-files/safetensors/good-unsorted.safetensors";
        String torch = "vqgan/f4-attn/last.ckpt";
        String flax = "dalle-mini/mini/flax_model.msgpack";
        assertRefused(safetensors, l -> l.withTensors(1), "more than 1 tensors");
        assertRefused(safetensors, l -> l.withHeaderBytes(10), "at most 10");
        assertRefused(torch, l -> l.withTensors(3), "more than 3 tensors");
        assertRefused(torch, l -> l.withRank(1), "at most 1");
        assertRefused(torch, l -> l.withNameBytes(9), "9");
        assertRefused(torch, l -> l.withEntries(2), "expected 1 to 2");
        assertRefused(torch, l -> l.withPickleBytes(100), "at most 100");
        assertRefused(torch, l -> l.withPickleOpcodes(100), "more than 100 opcodes");
        assertRefused(torch, l -> l.withPickleValues(100), "more than 100 values");
        assertRefused(torch, l -> l.withPickleStack(5), "more than 5 values on the stack");
        assertRefused(torch, l -> l.withPickleText(100), "more than 100 bytes of text");
        assertRefused(torch, l -> l.withPickleGlobals(1), "more than 1 names of classes");
        assertRefused(flax, l -> l.withDepth(2), "nested deeper than 2");
        assertRefused(flax, l -> l.withTensors(2), "more than 2 tensors");
        assertRefused(flax, l -> l.withNameBytes(3), "at most 3");
    }

    private static void assertRefused(String file, UnaryOperator<ReadLimits> change, String mention) {
        Path path = GoldenCase.path(file);
        Checkpoints.open(path).close();
        ReadLimits limits = change.apply(ReadLimits.DEFAULT);
        String message = assertThrows(WeightsException.class, () -> Checkpoints.open(path, limits)).getMessage();
        assertTrue(message.contains(mention), message);
    }

    @Test
    void configurationsObeyThemToo() throws IOException {
        Path json = Files.writeString(folder.resolve("config.json"), "{\"a\": {\"b\": {\"c\": 1}}}");
        Path yaml = Files.writeString(folder.resolve("model.yaml"), "a:\n  b:\n    c: 1\n");
        assertEquals(1, ModelConfig.readJson(json).in("a").in("b").requireInt("c", 0, 9));
        ReadLimits flat = ReadLimits.DEFAULT.withConfigDepth(1);
        ReadLimits small = ReadLimits.DEFAULT.withConfigBytes(8);
        assertThrows(WeightsException.class, () -> ModelConfig.readJson(json, flat));
        assertThrows(WeightsException.class, () -> ModelConfig.readYaml(yaml, flat));
        assertThrows(WeightsException.class, () -> ModelConfig.readJson(json, small));
        assertThrows(WeightsException.class, () -> ModelConfig.readYaml(yaml, small));
    }
}
