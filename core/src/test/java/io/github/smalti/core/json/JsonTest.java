package io.github.smalti.core.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    @Test
    void readsEveryKindOfValue() {
        JsonValue value = Json
                .parse("""
                        {"a": [1, -2.5e3, true, false, null], "ü\\u00fc\\ud83d\\ude00": "q\\"\\\\\\/\\b\\f\\n\\r\\t", "": {}}""");
        assertEquals(1, value.get("a").asArray().get(0).asInt());
        assertEquals(-2500.0, value.get("a").asArray().get(1).asDouble());
        assertTrue(value.get("a").asArray().get(2).asBoolean());
        assertEquals("q\"\\/\b\f\n\r\t", value.get("üü😀").asString());
        assertTrue(value.get("").asObject().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "{", "[1,]", "{\"a\":1,}", "[1 2]", "{\"a\" 1}", "{a:1}", "01", "1.", ".5", "+1",
            "-", "1e", "tru", "nul", "\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"a\nb\"", "[1] x",
            "{\"a\":1,\"a\":2}",
            "NaN", "[1}", "'a'", "{\"a\":}", "\\"})
    void refusesWhatIsNotStrictJson(String text) {
        JsonException e = assertThrows(JsonException.class, () -> Json.parse(text));
        assertTrue(e.getMessage().startsWith("not strict JSON at byte "), e.getMessage());
    }

    @Test
    void refusesMalformedUtf8() {
        byte[] bytes = {'"', (byte) 0xc3, '"'};
        assertThrows(JsonException.class, () -> Json.parse(bytes, JsonLimits.DEFAULT));
    }

    @Test
    void keepsItsLimits() {
        var limits = new JsonLimits(100, 3, 10, 5, 4, 6);
        Json.parse("[[[1234]]]".getBytes(StandardCharsets.UTF_8), limits);
        for (String text : List.of("[[[[1]]]]", "\"12345678901\"", "{\"123456\":1}", "12345", "[1,2,3,4,5,6]",
                " ".repeat(101))) {
            assertThrows(JsonException.class, () -> Json.parse(text.getBytes(StandardCharsets.UTF_8), limits), text);
        }
    }

    @Test
    void survivesAMillionBrackets() { assertThrows(JsonException.class, () -> Json.parse("[".repeat(1_000_000))); }

    @Test
    void saysWhatWasFoundInstead() {
        JsonValue value = Json.parse("{\"a\": 1.5}");
        assertEquals("expected an integer, found 1.5",
                assertThrows(JsonException.class, () -> value.get("a").asInt()).getMessage());
        assertEquals("no member \"b\"", assertThrows(JsonException.class, () -> value.get("b")).getMessage());
    }

    @Test
    void writesWhatItReads() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("text", "tab\t quote\" lone \ud800 pair 😀 é");
        members.put("numbers", new int[]{1, 2, 3});
        members.put("list", List.of(true, 1.5, Map.of()));
        members.put("none", null);
        JsonValue value = JsonValue.of(members);
        assertEquals(value, Json.parse(Json.write(value)));
        assertEquals(value, Json.parse(Json.writePretty(value)));
        assertThrows(JsonException.class, () -> JsonValue.of(Double.NaN));
    }

    @Test
    void throwsNothingButItsOwnExceptionOnMutants() {
        byte[] good = "{\"a\": [1, -2.5e3, true, null, \"x\\u00e9\\n\"], \"b\": {\"c\": []}}"
                .getBytes(StandardCharsets.UTF_8);
        long seed = Long.getLong("tests.seed", new Random().nextLong());
        Random random = new Random(seed);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] mutant = java.util.Arrays.copyOf(good, 1 + random.nextInt(good.length));
            for (int n = random.nextInt(4); n >= 0; n--)
                mutant[random.nextInt(mutant.length)] = (byte) random.nextInt(256);
            try {
                Json.parse(mutant, JsonLimits.DEFAULT);
            } catch (JsonException _) {
                refused++;
            } catch (RuntimeException e) {
                throw new AssertionError("-Dtests.seed=" + seed + " mutant " + i, e);
            }
        }
        assertTrue(refused > 10_000, refused + " refused");
    }
}
