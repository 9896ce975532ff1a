package io.github.smalti.core.json;

import io.github.smalti.core.internal.ForeignText;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A strict, iterative JSON parser: its stack is a list of its own, so nesting cannot exhaust the thread's.
final class JsonParser {
    /// An array or object that is still open; `name` is the member whose value comes next.
    private static final class Open {
        final Map<String, JsonValue> members;
        final List<JsonValue> values;
        String name;

        Open(boolean object) {
            members = object ? new LinkedHashMap<>() : null;
            values = object ? null : new ArrayList<>();
        }
    }

    private final byte[] in;
    private final JsonLimits limits;
    private int at;
    private int valueCount;

    JsonParser(byte[] utf8, JsonLimits limits) {
        this.in = utf8;
        this.limits = limits;
    }

    JsonValue parse() {
        if (in.length > limits.maxBytes())
            throw fail("document of " + in.length + " bytes, limit " + limits.maxBytes());
        var stack = new ArrayDeque<Open>();
        while (true) {
            JsonValue value = startValue(stack);
            while (value != null) {
                if (stack.isEmpty()) {
                    skipSpace();
                    if (at != in.length) throw fail("text after the end of the document");
                    return value;
                }
                value = endValue(stack, value);
            }
        }
    }

    /// Reads a scalar or an empty container and returns it, or opens a container and returns null.
    private JsonValue startValue(ArrayDeque<Open> stack) {
        skipSpace();
        if (++valueCount > limits.maxValues()) throw fail("more than " + limits.maxValues() + " values");
        int c = peek();
        if (c != '{' && c != '[') return scalar(c);
        if (stack.size() >= limits.maxDepth()) throw fail("nested deeper than " + limits.maxDepth());
        at++;
        var open = new Open(c == '{');
        skipSpace();
        if (peek() == (c == '{' ? '}' : ']')) {
            at++;
            return close(open);
        }
        if (c == '{') readName(open);
        stack.push(open);
        return null;
    }

    /// Adds a finished value to the innermost container; returns the container if that ends it, else null.
    private JsonValue endValue(ArrayDeque<Open> stack, JsonValue value) {
        Open open = stack.peek();
        if (open.members != null) {
            open.members.put(open.name, value);
        } else {
            open.values.add(value);
        }
        skipSpace();
        int c = peek();
        if (c == ',') {
            at++;
            skipSpace();
            if (open.members != null) readName(open);
            return null;
        }
        if (c != (open.members != null ? '}' : ']')) throw fail("expected ',' or the end of the container");
        at++;
        stack.pop();
        return close(open);
    }

    private static JsonValue close(Open open) {
        return open.members != null ? new JsonValue.Obj(open.members) : new JsonValue.Arr(open.values);
    }

    private void readName(Open open) {
        if (peek() != '"') throw fail("expected a member name");
        open.name = string(limits.maxName());
        if (open.members.containsKey(open.name))
            throw fail("member \"" + ForeignText.escape(open.name, 80, "?") + "\" appears twice");
        skipSpace();
        if (peek() != ':') throw fail("expected ':'");
        at++;
    }

    private JsonValue scalar(int c) {
        return switch (c) {
            case '"' -> new JsonValue.Str(string(limits.maxString()));
            case 't' -> literal("true", new JsonValue.Bool(true));
            case 'f' -> literal("false", new JsonValue.Bool(false));
            case 'n' -> literal("null", new JsonValue.Null());
            default -> number();
        };
    }

    private JsonValue literal(String word, JsonValue value) {
        for (int i = 0; i < word.length(); i++, at++) {
            if (at >= in.length || in[at] != word.charAt(i)) throw fail("expected " + word);
        }
        return value;
    }

    private JsonValue number() {
        int start = at;
        if (peek() == '-') at++;
        if (peek() == '0') {
            at++;
        } else {
            digits();
        }
        if (at < in.length && in[at] == '.') {
            at++;
            digits();
        }
        if (at < in.length && (in[at] == 'e' || in[at] == 'E')) {
            at++;
            if (peek() == '+' || peek() == '-') at++;
            digits();
        }
        if (at - start > limits.maxNumber()) throw fail("number longer than " + limits.maxNumber());
        return new JsonValue.Num(new String(in, start, at - start, StandardCharsets.US_ASCII));
    }

    private void digits() {
        int start = at;
        while (at < in.length && in[at] >= '0' && in[at] <= '9') at++;
        if (at == start) throw fail("expected a value");
    }

    private String string(int limit) {
        int start = ++at;
        while (true) {
            int c = peek();
            if (c == '"')
                break;
            if (c >= 0 && c < 0x20) throw fail("control character in a string");
            at += c == '\\' ? 2 : 1;
            if (at - start > limit) throw fail("string longer than " + limit);
        }
        String raw = utf8(start, at);
        at++;
        return raw.indexOf('\\') < 0 ? raw : unescape(raw);
    }

    private String utf8(int start, int end) {
        if (isAscii(start, end)) return new String(in, start, end - start, StandardCharsets.ISO_8859_1);
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(in, start, end - start)).toString();
        } catch (CharacterCodingException _) {
            throw fail("a string is not UTF-8");
        }
    }

    private boolean isAscii(int start, int end) {
        for (int i = start; i < end; i++) { if (in[i] < 0) return false; }
        return true;
    }

    private String unescape(String raw) {
        var out = new StringBuilder(raw.length());
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c != '\\') {
                out.append(c);
                continue;
            }
            char escape = raw.charAt(++i);
            switch (escape) {
                case '"', '\\', '/' -> out.append(escape);
                case 'b' -> out.append('\b');
                case 'f' -> out.append('\f');
                case 'n' -> out.append('\n');
                case 'r' -> out.append('\r');
                case 't' -> out.append('\t');
                case 'u' -> {
                    out.append((char) hex4(raw, i + 1));
                    i += 4;
                }
                default -> throw fail("unknown escape in a string");
            }
        }
        return out.toString();
    }

    private int hex4(String raw, int from) {
        if (from + 4 > raw.length()) throw fail("short \\u escape");
        int value = 0;
        for (int i = from; i < from + 4; i++) {
            char c = raw.charAt(i);
            int digit = c < 128 ? Character.digit(c, 16) : -1;
            if (digit < 0) throw fail("\\u escape is not hexadecimal");
            value = value << 4 | digit;
        }
        return value;
    }

    private int peek() {
        if (at >= in.length) throw fail("unexpected end");
        return in[at] & 0xff;
    }

    private void skipSpace() {
        while (at < in.length && (in[at] == ' ' || in[at] == '\n' || in[at] == '\r' || in[at] == '\t')) at++;
    }

    private JsonException fail(String what) {
        return new JsonException("not strict JSON at byte " + Math.min(at, in.length) + ": " + what);
    }
}
