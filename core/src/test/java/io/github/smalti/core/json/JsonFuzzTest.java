package io.github.smalti.core.json;

import io.github.smalti.golden.MutationFuzz;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Damaged documents are parsed or refused by a [JsonException]; what is parsed is written and parsed the same again.
@Tag("fuzz")
class JsonFuzzTest {
    private static final String DOCUMENT = """
            {"name": "a \\u00e9 \\ud83d\\ude00 \\n \\" \\\\ /", "empty": {}, "none": [], "numbers": [0, -1, 1.5e-3, 1E+9],
             "truth": [true, false, null], "deep": [[[[{"a": {"b": {"c": [[]]}}}]]]], "ключ": "значение"}
            """;

    @Test
    void json() throws IOException, InterruptedException {
        MutationFuzz.of("JsonFuzzTest#json", JsonException.class).named("document.json")
                .good(DOCUMENT.getBytes(StandardCharsets.UTF_8)).good("[]".getBytes(StandardCharsets.UTF_8))
                .bad("[".repeat(5_000).getBytes(StandardCharsets.UTF_8))
                .words("{", "}", "[", "]", ":", ",", "\"", "\\", "\\u", "\\ud800", "\\udc00", "\u00ff", "\u00c0\u0080",
                        "\u00ed\u00a0\u0080", "\u00ef\u00bb\u00bf", "true", "nul", "NaN", "Infinity", "-", "1e", "01",
                        "/**/")
                .run(file -> {
                    JsonValue value = Json.parse(Files.readAllBytes(file), JsonLimits.DEFAULT);
                    String text = Json.write(value);
                    if (!Json.write(Json.parse(text)).equals(text)) throw new AssertionError("not the same: " + text);
                    Json.parse(Json.writePretty(value));
                });
    }
}
