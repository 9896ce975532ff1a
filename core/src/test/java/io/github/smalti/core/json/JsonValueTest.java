package io.github.smalti.core.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonValueTest {
    private static final JsonLimits SHORT_STRINGS = new JsonLimits(1000, 8, 10, 5, 8, 100);

    private static void refuses(String mention, JsonValue value, Function<JsonValue, ?> use) {
        assertEquals(mention, assertThrows(JsonException.class, () -> use.apply(value)).getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', value = {"{}; an object", "[]; an array", "\"x\"; a string", "1; a number",
            "true; a boolean", "null; null"})
    void everyKindIsRefusedAsAnyOther(String text, String kind) {
        JsonValue value = Json.parse(text);
        assertEquals(kind, value.kind());
        if (!kind.equals("an object")) {
            refuses("expected an object, found " + kind, value, JsonValue::asObject);
            refuses("expected an object, found " + kind, value, v -> v.get("x"));
            assertFalse(value.has("x"));
        }
        if (!kind.equals("an array")) refuses("expected an array, found " + kind, value, JsonValue::asArray);
        if (!kind.equals("a string")) refuses("expected a string, found " + kind, value, JsonValue::asString);
        if (!kind.equals("a boolean")) refuses("expected true or false, found " + kind, value, JsonValue::asBoolean);
        if (!kind.equals("a number")) {
            refuses("expected an integer, found " + kind, value, JsonValue::asLong);
            refuses("expected a number, found " + kind, value, JsonValue::asDouble);
        }
    }

    @Test
    void tellsMembersFromNull() {
        JsonValue value = Json.parse("{\"a\": 1, \"b\": null, \"c\": false}");
        assertTrue(value.has("a"));
        assertFalse(value.has("b"));
        assertFalse(value.get("c").asBoolean());
        assertFalse(value.has("d"));
        refuses("no member \"d\"", value, v -> v.get("d"));
    }

    @Test
    void numbersKeepTheirRange() {
        assertEquals(Long.MIN_VALUE, Json.parse("-9223372036854775808").asLong());
        refuses("expected a 32-bit integer, found 2147483648", Json.parse("2147483648"), JsonValue::asInt);
        refuses("expected a 32-bit integer, found -2147483649", Json.parse("-2147483649"), JsonValue::asInt);
        refuses("expected an integer, found 9223372036854775808", Json.parse("9223372036854775808"), JsonValue::asLong);
        assertEquals(Double.POSITIVE_INFINITY, Json.parse("1e999").asDouble());
    }

    @Test
    void makesValuesOfPlainJava() {
        Map<String, Object> plain = new LinkedHashMap<>();
        plain.put("none", null);
        plain.put("value", new JsonValue.Bool(true));
        plain.put("float", 0.5f);
        plain.put("double", 1e-7);
        plain.put("long", 1L << 40);
        plain.put("ints", new int[]{1, 2});
        plain.put("list", List.of("x", false));
        assertEquals("{\"none\":null,\"value\":true,\"float\":0.5,\"double\":1.0E-7,\"long\":1099511627776,"
                + "\"ints\":[1,2],\"list\":[\"x\",false]}", Json.write(JsonValue.of(plain)));
        for (Object number : List.of(Float.NaN, Float.NEGATIVE_INFINITY, Double.NaN, Double.POSITIVE_INFINITY)) {
            assertEquals("no JSON form of " + number,
                    assertThrows(JsonException.class, () -> JsonValue.of(number)).getMessage());
        }
        assertEquals("no JSON form of java.lang.Object",
                assertThrows(JsonException.class, () -> JsonValue.of(new Object())).getMessage());
    }

    /// Pairs stay, lone halves and control characters are escaped, so that the text is always valid UTF-8.
    @Test
    void writesStringsThatAreReadTheSame() {
        String text = "\"\\/\u0000\u001f\u007f\u0080\ud83d\ude00|\ud83d|\ude00|\ud83d";
        String written = Json.write(new JsonValue.Str(text));
        assertEquals("\"\\\"\\\\/\\u0000\\u001f\\u007f\u0080\ud83d\ude00|\\ud83d|\\ude00|\\ud83d\"", written);
        assertEquals("\ud83d\ude00", Json.parse(Json.write(new JsonValue.Str("\ud83d\ude00"))).asString());
    }

    @Test
    void writesEmptyAndFlatArraysOnOneLine() {
        JsonValue value = Json.parse("{\"a\": [], \"b\": {}, \"c\": [1, 2], \"d\": [[], true, false]}");
        assertEquals("""
                {
                  "a": [],
                  "b": {},
                  "c": [1, 2],
                  "d": [
                    [],
                    true,
                    false
                  ]
                }
                """, Json.writePretty(value));
    }

    @Test
    void refusesHostileStringsByName() {
        Map<String, String> refused = new LinkedHashMap<>();
        refused.put("\"a\u0000\"", "control character in a string");
        refused.put("\"\\u00\u00e9f\"", "\\u escape is not hexadecimal");
        refused.put("\"\\u00", "unexpected end");
        refused.put("\"\\u00\"", "short \\u escape");
        refused.put("\"12345678901\"", "string longer than 10");
        refused.put("{\"123456\": 1}", "string longer than 5");
        refused.forEach((text, mention) -> {
            String message = assertThrows(JsonException.class,
                    () -> Json.parse(text.getBytes(StandardCharsets.UTF_8), SHORT_STRINGS)).getMessage();
            assertTrue(message.endsWith(mention), message);
        });
    }

    @Test
    void namesDuplicatesInAFewVisibleCharacters() {
        String name = "n".repeat(100);
        String message = assertThrows(JsonException.class,
                () -> Json.parse("{\"" + name + "\": 1, \"" + name + "\": 2}")).getMessage();
        assertTrue(message.contains("\"" + name.substring(0, 80) + "\u2026\""), message);
        message = assertThrows(JsonException.class, () -> Json.parse("{\"a\\nb\": 1, \"a\\nb\": 2}")).getMessage();
        assertTrue(message.contains("a?b"), message);
    }
}
