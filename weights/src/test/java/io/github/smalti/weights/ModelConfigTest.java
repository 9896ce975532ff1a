package io.github.smalti.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.golden.GoldenCase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelConfigTest {
    @TempDir
    Path folder;

    private Path file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    @Test
    void readsTamingsYaml() {
        ModelConfig params = ModelConfig.readYaml(GoldenCase.path("vqgan/gumbel-f8/model.yaml")).in("model")
                .in("params");
        assertEquals(96, params.requireInt("n_embed", 1, 1000));
        assertArrayEquals(new int[]{1, 1, 1, 2}, params.in("ddconfig").requireInts("ch_mult"));
        assertEquals("taming.models.vqgan.GumbelVQ",
                ModelConfig.readYaml(GoldenCase.path("vqgan/gumbel-f8/model.yaml")).in("model").optionalString("target",
                        ""));
    }

    @Test
    void readsTheSubset() throws IOException {
        ModelConfig config = ModelConfig.readYaml(file("a.yaml", """
                # a comment
                a:
                  list:
                  - 1
                  - 2
                  text: "x # y"   # behind
                  none: null
                b: 1.5e-3
                c: True
                """));
        assertArrayEquals(new int[]{1, 2}, config.in("a").requireInts("list"));
        assertEquals("x # y", config.in("a").optionalString("text", ""));
        assertEquals("fallback", config.in("a").optionalString("none", "fallback"));
        assertEquals(0.0015, config.optionalDouble("b", 0));
        assertTrue(config.optionalBoolean("c", false));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a: &x 1", "a: !!python/object x", "a: {b: 1}", "\ta: 1", "a: |\n  text", "a:1",
            "- 1\nb: 2",
            "a: [1, [2]]", "a: [1", "a: 1\na: 2", "a: 1\n   b: 2", "", "'a': 1", "a: \"b"})
    void refusesTheRestByItsLine(String content) throws IOException {
        Path yaml = file("b.yaml", content);
        var e = assertThrows(WeightsException.class, () -> ModelConfig.readYaml(yaml).in("a"));
        assertTrue(e.getMessage().contains("b.yaml"), e.getMessage());
    }

    @Test
    void namesFileKeyExpectedAndFound() throws IOException {
        ModelConfig config = ModelConfig.readJson(file("c.json", "{\"a\": {\"n\": 70000, \"s\": \"x\"}}"));
        assertEquals("a.n in c.json: expected 1 to 100, found 70000",
                assertThrows(WeightsException.class, () -> config.in("a").requireInt("n", 1, 100)).getMessage());
        assertEquals("a.s in c.json: expected a whole number: expected an integer, found a string",
                assertThrows(WeightsException.class, () -> config.in("a").requireInt("s", 1, 100)).getMessage());
        assertThrows(WeightsException.class, () -> config.requireInt("missing", 0, 1));
        assertThrows(WeightsException.class, () -> ModelConfig.readJson(folder.resolve("none.json")));
    }
}
