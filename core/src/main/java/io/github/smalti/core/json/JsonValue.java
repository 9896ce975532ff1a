package io.github.smalti.core.json;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A JSON value. Immutable; the accessors throw a [JsonException] that says what was found instead.
public sealed interface JsonValue {
    /// An object; members keep the order of the document.
    ///
    /// @param members the members, names unique
    record Obj(Map<String, JsonValue> members) implements JsonValue {
        /// Copies the members, keeping their order.
        public Obj { members = Collections.unmodifiableMap(new LinkedHashMap<>(members)); }
    }

    /// An array.
    ///
    /// @param values the elements
    record Arr(List<JsonValue> values) implements JsonValue {
        /// Copies the elements.
        public Arr { values = List.copyOf(values); }
    }

    /// A string.
    ///
    /// @param value the unescaped text
    record Str(String value) implements JsonValue {}

    /// A number, kept as written.
    ///
    /// @param text the digits as in the document
    record Num(String text) implements JsonValue {}

    /// `true` or `false`.
    ///
    /// @param value the truth
    record Bool(boolean value) implements JsonValue {}

    /// `null`.
    record Null() implements JsonValue {}

    /// The kind of this value in words, for messages.
    default String kind() {
        return switch (this) {
            case Obj _ -> "an object";
            case Arr _ -> "an array";
            case Str _ -> "a string";
            case Num _ -> "a number";
            case Bool _ -> "a boolean";
            case Null _ -> "null";
        };
    }

    /// The members of an object.
    default Map<String, JsonValue> asObject() {
        if (this instanceof Obj(var members)) return members;
        throw new JsonException("expected an object, found " + kind());
    }

    /// The elements of an array.
    default List<JsonValue> asArray() {
        if (this instanceof Arr(var values)) return values;
        throw new JsonException("expected an array, found " + kind());
    }

    /// The text of a string.
    default String asString() {
        if (this instanceof Str(var value)) return value;
        throw new JsonException("expected a string, found " + kind());
    }

    /// The truth of a boolean.
    default boolean asBoolean() {
        if (this instanceof Bool(var value)) return value;
        throw new JsonException("expected true or false, found " + kind());
    }

    /// A number without fraction or exponent that fits a `long`.
    default long asLong() {
        if (this instanceof Num(var text)) {
            try {
                return Long.parseLong(text);
            } catch (NumberFormatException _) {
                throw new JsonException("expected an integer, found " + text);
            }
        }
        throw new JsonException("expected an integer, found " + kind());
    }

    /// A number without fraction or exponent that fits an `int`.
    default int asInt() {
        long value = asLong();
        if (value != (int) value) throw new JsonException("expected a 32-bit integer, found " + value);
        return (int) value;
    }

    /// Any number, as the nearest `double`.
    default double asDouble() {
        if (this instanceof Num(var text)) return Double.parseDouble(text);
        throw new JsonException("expected a number, found " + kind());
    }

    /// A member of an object.
    ///
    /// @param name the member's name
    /// @throws JsonException if this is no object or has no such member
    default JsonValue get(String name) {
        JsonValue member = asObject().get(name);
        if (member == null) throw new JsonException("no member \"" + name + "\"");
        return member;
    }

    /// Whether this is an object with such a member that is not `null`.
    ///
    /// @param name the member's name
    default boolean has(String name) {
        return this instanceof Obj(var members) && members.get(name) != null
                && !(members.get(name) instanceof Null);
    }

    /// Makes a value from `Map`, `List`, `int[]`, `String`, `Number`, `Boolean`, `null` or another value.
    ///
    /// @param plain the plain Java value; map keys must be strings
    static JsonValue of(Object plain) {
        return switch (plain) {
            case null -> new Null();
            case JsonValue value -> value;
            case String text -> new Str(text);
            case Boolean truth -> new Bool(truth);
            case Float number -> new Num(finite(number.doubleValue(), number.toString()));
            case Double number -> new Num(finite(number, number.toString()));
            case Number number -> new Num(number.toString());
            case int[] numbers -> new Arr(java.util.Arrays.stream(numbers).mapToObj(JsonValue::of).toList());
            case List<?> list -> new Arr(list.stream().map(JsonValue::of).toList());
            case Map<?, ?> map -> {
                Map<String, JsonValue> members = new LinkedHashMap<>();
                map.forEach((name, value) -> members.put((String) name, of(value)));
                yield new Obj(members);
            }
            default -> throw new JsonException("no JSON form of " + plain.getClass().getName());
        };
    }

    private static String finite(double value, String text) {
        if (Double.isNaN(value) || Double.isInfinite(value)) throw new JsonException("no JSON form of " + text);
        return text;
    }
}
