package io.github.smalti.weights.internal;

/// One class or function that a pickle names, for `smalti inspect`.
///
/// @param name    module and name, joined by a dot
/// @param verdict `allowed` (a tensor builder, container or element type of the closed list), `inert` (only named, or
///                made an object without a call: becomes a stand-in) or `refused` (called: the file is not loaded)
public record GlobalUse(String name, String verdict) {}
