/// Strict JSON (RFC 8259) for headers, vocabularies, configurations and results.
///
/// `Json.parse(bytes, JsonLimits.DEFAULT)` gives a tree of [JsonValue]; `Json.write(value)` gives text back.
/// Input is hostile until parsed: duplicate keys, trailing commas, deep nesting and oversized documents are
/// refused with a [JsonException] that names the byte offset.
package io.github.smalti.core.json;
