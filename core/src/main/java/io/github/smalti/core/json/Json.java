package io.github.smalti.core.json;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/// Entry points to strict JSON: parse bytes to a tree, write a tree as text. Stateless and thread-safe.
public final class Json {
    private Json() {}

    /// Parses one document that fills the whole array.
    ///
    /// @param utf8   the document
    /// @param limits what is refused
    /// @return the tree
    /// @throws JsonException if the bytes are not strict JSON within the limits
    public static JsonValue parse(byte[] utf8, JsonLimits limits) { return new JsonParser(utf8, limits).parse(); }

    /// Parses a text within the default limits.
    ///
    /// @param text the document
    /// @return the tree
    /// @throws JsonException if the text is not strict JSON
    public static JsonValue parse(String text) {
        return parse(text.getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULT);
    }

    /// Writes a value on one line.
    ///
    /// @param value the tree
    /// @return strict JSON; control characters and lone surrogates are escaped
    public static String write(JsonValue value) {
        var out = new StringBuilder();
        write(value, out, -1, 0);
        return out.toString();
    }

    /// Writes a value over several lines, indented by two spaces; arrays of plain numbers stay on one line.
    ///
    /// @param value the tree
    /// @return strict JSON
    public static String writePretty(JsonValue value) {
        var out = new StringBuilder();
        write(value, out, 2, 0);
        return out.append('\n').toString();
    }

    private static void write(JsonValue value, StringBuilder out, int indent, int depth) {
        switch (value) {
            case JsonValue.Null _ -> out.append("null");
            case JsonValue.Bool(boolean truth) -> out.append(truth);
            case JsonValue.Num(String text) -> out.append(text);
            case JsonValue.Str(String text) -> quote(text, out);
            case JsonValue.Arr(var values) -> {
                boolean flat = indent < 0 || values.stream().allMatch(v -> v instanceof JsonValue.Num);
                String separator = flat && indent >= 0 ? ", " : ",";
                out.append('[');
                for (int i = 0; i < values.size(); i++) {
                    if (i > 0) out.append(separator);
                    if (!flat)
                        newLine(out, indent, depth + 1);
                    write(values.get(i), out, indent, depth + 1);
                }
                if (!flat && !values.isEmpty())
                    newLine(out, indent, depth);
                out.append(']');
            }
            case JsonValue.Obj(var members) -> {
                out.append('{');
                boolean first = true;
                for (Map.Entry<String, JsonValue> member : members.entrySet()) {
                    if (!first) out.append(',');
                    first = false;
                    newLine(out, indent, depth + 1);
                    quote(member.getKey(), out);
                    out.append(indent < 0 ? ":" : ": ");
                    write(member.getValue(), out, indent, depth + 1);
                }
                if (!members.isEmpty())
                    newLine(out, indent, depth);
                out.append('}');
            }
        }
    }

    private static void newLine(StringBuilder out, int indent, int depth) {
        if (indent >= 0) out.append('\n').repeat(" ", indent * depth);
    }

    private static void quote(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean paired = Character.isHighSurrogate(c) && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1));
            if (paired) {
                out.append(c).append(text.charAt(++i));
            } else if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < 0x20 || c == 0x7f || Character.isSurrogate(c)) {
                out.append(String.format("\\u%04x", (int) c));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
