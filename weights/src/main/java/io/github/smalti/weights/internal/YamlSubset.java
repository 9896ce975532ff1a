package io.github.smalti.weights.internal;

import io.github.smalti.core.json.JsonValue;
import io.github.smalti.weights.WeightsException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// The part of YAML that configuration files of image codecs use; everything else is refused by its line.
///
/// Nested maps by indentation with spaces, `key: scalar`, `key: [a, b]`, `- item` lists of scalars, `#` comments,
/// quoted texts without escapes. No anchors, tags, block texts, flow maps or documents.
public final class YamlSubset {
    private static final int MAX_LINES = 10_000;
    private static final Pattern NUMBER = Pattern
            .compile("-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,4})?");
    private static final Pattern KEY = Pattern.compile("[A-Za-z0-9_.-]{1,200}");

    private record Line(int number, int indent, String text) {}

    private final String file;
    private final int maxDepth;
    private final List<Line> lines = new ArrayList<>();
    private int at;

    private YamlSubset(String file, int maxDepth) {
        this.file = file;
        this.maxDepth = maxDepth;
    }

    /// Parses a document.
    ///
    /// @param file     its name, for messages
    /// @param utf8     its bytes
    /// @param maxDepth how deep it may be nested
    /// @return the tree, an object
    public static JsonValue parse(String file, byte[] utf8, int maxDepth) {
        var parser = new YamlSubset(file, maxDepth);
        parser.split(new String(utf8, StandardCharsets.UTF_8));
        if (parser.lines.isEmpty()) throw new WeightsException(file, "", "expected a configuration, found nothing");
        JsonValue value = parser.block(parser.lines.getFirst().indent, 0);
        if (parser.at < parser.lines.size()) throw parser.fault(parser.lines.get(parser.at), "unexpected indentation");
        if (!(value instanceof JsonValue.Obj)) throw new WeightsException(file, "", "expected `key: value` lines");
        return value;
    }

    private void split(String text) {
        String[] all = text.split("\r?\n", MAX_LINES + 1);
        if (all.length > MAX_LINES) throw new WeightsException(file, "", "more than " + MAX_LINES + " lines");
        for (int i = 0; i < all.length; i++) {
            String content = withoutComment(all[i]).stripTrailing();
            if (content.isBlank()) continue;
            int indent = 0;
            while (content.charAt(indent) == ' ') indent++;
            var line = new Line(i + 1, indent, content.substring(indent));
            if (content.charAt(indent) == '\t') throw fault(line, "indent with spaces, not tabs");
            lines.add(line);
        }
    }

    private static String withoutComment(String line) {
        boolean single = false;
        boolean twofold = false;
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\'' && !twofold) single = !single;
            if (c == '"' && !single) twofold = !twofold;
            boolean starts = i == 0 || Character.isWhitespace(line.charAt(i - 1));
            if (c == '#' && starts && !single && !twofold) return line.substring(0, i);
        }
        return line;
    }

    /// Reads the lines of one indentation: a map or a list.
    private JsonValue block(int indent, int depth) {
        if (depth > maxDepth) throw fault(lines.get(at), "nested deeper than " + maxDepth);
        return lines.get(at).text.startsWith("- ") ? list(indent) : map(indent, depth);
    }

    private JsonValue list(int indent) {
        List<JsonValue> items = new ArrayList<>();
        while (at < lines.size() && lines.get(at).indent == indent && lines.get(at).text.startsWith("- ")) {
            Line line = lines.get(at++);
            items.add(scalar(line, line.text.substring(2).strip()));
        }
        return new JsonValue.Arr(items);
    }

    private JsonValue map(int indent, int depth) {
        Map<String, JsonValue> members = new LinkedHashMap<>();
        while (at < lines.size() && lines.get(at).indent == indent) {
            Line line = lines.get(at++);
            int colon = line.text.indexOf(':');
            String key = colon < 0 ? "" : line.text.substring(0, colon).strip();
            if (!KEY.matcher(key).matches()) throw fault(line, "expected `key: value`");
            String rest = line.text.substring(colon + 1);
            if (!rest.isEmpty() && rest.charAt(0) != ' ') throw fault(line, "expected a space after the colon");
            JsonValue value = rest.isBlank() ? nested(indent, depth) : scalar(line, rest.strip());
            if (members.put(key, value) != null) throw fault(line, "the key " + key + " appears twice");
        }
        return new JsonValue.Obj(members);
    }

    private JsonValue nested(int indent, int depth) {
        if (at == lines.size()) return new JsonValue.Null();
        Line next = lines.get(at);
        boolean listBelow = next.indent == indent && next.text.startsWith("- ");
        if (next.indent <= indent && !listBelow) return new JsonValue.Null();
        return block(next.indent, depth + 1);
    }

    private JsonValue scalar(Line line, String text) {
        if (text.startsWith("[")) return inlineList(line, text);
        char first = text.charAt(0);
        if (first == '"' || first == '\'') {
            boolean closed = text.length() > 1 && text.charAt(text.length() - 1) == first;
            String inner = closed ? text.substring(1, text.length() - 1) : "";
            if (!closed || inner.indexOf(first) >= 0 || inner.indexOf('\\') >= 0) {
                throw fault(line, "expected a quoted text without escapes");
            }
            return new JsonValue.Str(inner);
        }
        if ("{}&*!|>%@`,]".indexOf(first) >= 0) throw fault(line, "`" + first + "` is outside the subset that is read");
        return switch (text) {
            case "true", "True" -> new JsonValue.Bool(true);
            case "false", "False" -> new JsonValue.Bool(false);
            case "null", "~", "Null" -> new JsonValue.Null();
            default -> NUMBER.matcher(text).matches() ? new JsonValue.Num(text) : new JsonValue.Str(text);
        };
    }

    private JsonValue inlineList(Line line, String text) {
        if (!text.endsWith("]") || text.indexOf('[', 1) >= 0) throw fault(line, "expected a list on one line");
        List<JsonValue> items = new ArrayList<>();
        String inner = text.substring(1, text.length() - 1);
        if (inner.isBlank()) return new JsonValue.Arr(items);
        for (String item : inner.split(",", -1)) {
            if (item.isBlank()) throw fault(line, "an empty item in a list");
            items.add(scalar(line, item.strip()));
        }
        return new JsonValue.Arr(items);
    }

    private WeightsException fault(Line line, String detail) {
        return new WeightsException(file, "", "line " + line.number + ": " + detail);
    }
}
