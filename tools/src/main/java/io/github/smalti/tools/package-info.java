/// The `smalti` command line: one class per command, each named like its command, on top of [io.github.smalti.pipeline].
///
/// [Smalti] is the entry point:
///
/// ```
/// java --add-modules jdk.incubator.vector -p tools/target/lib -m smalti.tools/io.github.smalti.tools.Smalti \
///     generate a cat with a hat
/// ```
package io.github.smalti.tools;
