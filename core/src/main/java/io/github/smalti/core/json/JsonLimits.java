package io.github.smalti.core.json;

/// Limits of a JSON document; a document beyond one of them is refused before memory is spent on it.
///
/// @param maxBytes      size of the document
/// @param maxDepth      nesting of arrays and objects
/// @param maxString     bytes of one string
/// @param maxName       bytes of one member name
/// @param maxNumber     characters of one number
/// @param maxValues     values in the whole document
public record JsonLimits(int maxBytes, int maxDepth, int maxString, int maxName, int maxNumber, int maxValues) {
    /// For configurations and headers: 100 MB, depth 64, strings of 1 MiB, names of 1,024 bytes, two million values.
    public static final JsonLimits DEFAULT = new JsonLimits(100_000_000, 64, 1 << 20, 1024, 64, 2_000_000);
}
