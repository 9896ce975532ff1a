package io.github.smalti.weights.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.smalti.core.json.Json;
import io.github.smalti.weights.WeightsException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class YamlSubsetTest {
    private static String parsed(String text, int depth) {
        return Json.write(YamlSubset.parse("c.yaml", text.getBytes(StandardCharsets.UTF_8), depth));
    }

    static Stream<Arguments> good() {
        return Stream.of(Arguments.of("a: 1\nb:\n", "{\"a\":1,\"b\":null}"),
                Arguments.of("a:\nb: 2\n", "{\"a\":null,\"b\":2}"), Arguments.of("a:\n", "{\"a\":null}"),
                Arguments.of("a: []\nb: [ ]\nc: [1, x]\r\n", "{\"a\":[],\"b\":[],\"c\":[1,\"x\"]}"),
                Arguments.of("a: '#x' # y\nb: \"'#\"\nc: '\"#'\n# z\nd: x#y\n",
                        "{\"a\":\"#x\",\"b\":\"'#\",\"c\":\"\\\"#\",\"d\":\"x#y\"}"),
                Arguments.of("a:\n- 1\n- -2.5e3\nb:\n  - x\n", "{\"a\":[1,-2.5e3],\"b\":[\"x\"]}"),
                Arguments.of("a:\n  b: ~\n  c: True\nd: False\ne: Null\n",
                        "{\"a\":{\"b\":null,\"c\":true},\"d\":false,\"e\":null}"),
                Arguments.of("  a: ''\n  b: \"\"\n", "{\"a\":\"\",\"b\":\"\"}"),
                Arguments.of("a:\n- 1", "{\"a\":[1]}"));
    }

    @ParameterizedTest
    @MethodSource("good")
    void reads(String text, String json) { assertEquals(json, parsed(text, 8)); }

    static Stream<Arguments> bad() {
        String quoted = "line 1: expected a quoted text without escapes";
        return Stream.of(Arguments.of("", "expected a configuration, found nothing"),
                Arguments.of("# nothing\n\n", "expected a configuration, found nothing"),
                Arguments.of("- 1\n- 2\n", "expected `key: value` lines"),
                Arguments.of("a: 1\n  b: 2\n", "line 2: unexpected indentation"),
                Arguments.of("- 1\nb: 2\n", "line 2: unexpected indentation"),
                Arguments.of("- 1\n  - 2\n", "line 2: unexpected indentation"),
                Arguments.of("no colon\n", "line 1: expected `key: value`"),
                Arguments.of("a:1\n", "line 1: expected a space after the colon"),
                Arguments.of("a: 1\na: 2\n", "line 2: the key a appears twice"),
                Arguments.of("a: 'x\n", quoted), Arguments.of("a: '\n", quoted), Arguments.of("a: \"x'\n", quoted),
                Arguments.of("a: 'it''s'\n", quoted), Arguments.of("a: \"\\n\"\n", quoted),
                Arguments.of("a: [1\n", "line 1: expected a list on one line"),
                Arguments.of("a: [[1]]\n", "line 1: expected a list on one line"),
                Arguments.of("a: [1,,2]\n", "line 1: an empty item in a list"),
                Arguments.of("a: [1,]\n", "line 1: an empty item in a list"),
                Arguments.of("a: &b\n", "line 1: `&` is outside the subset that is read"),
                Arguments.of("a: !!python/object:os.system\n", "line 1: `!` is outside the subset that is read"),
                Arguments.of("\ta: 1\n", "line 1: indent with spaces, not tabs"),
                Arguments.of("a:\n b:\n  c:\n   d: 1\n", "line 4: nested deeper than 2"),
                Arguments.of("a:\n b:\n  c:\n  - 1\n  - 2\n\n\n".repeat(2_000), "more than 10000 lines"));
    }

    @ParameterizedTest
    @MethodSource("bad")
    void refuses(String text, String sentence) {
        WeightsException e = assertThrows(WeightsException.class, () -> parsed(text, 2));
        assertEquals("c.yaml: " + sentence, e.getMessage());
    }

    @Test
    void showsTextThatIsNoUtf8AsSuch() {
        byte[] text = {'a', ':', ' ', (byte) 0xff};
        assertEquals("{\"a\":\"\ufffd\"}", Json.write(YamlSubset.parse("c.yaml", text, 8)));
    }
}
