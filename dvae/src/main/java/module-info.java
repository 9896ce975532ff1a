/// Image codecs: image codes to pixels and back.
module smalti.dvae {
    requires transitive smalti.core;
    requires smalti.weights;

    exports io.github.smalti.dvae;
}
