/// DALL·E mini and mega, ruDALL-E, minDALL-E: text to image codes.
module smalti.transformer {
    requires transitive smalti.core;
    requires transitive smalti.weights;

    exports io.github.smalti.transformer;
}
