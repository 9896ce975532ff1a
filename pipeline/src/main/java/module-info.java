/// From a sentence to ranked pictures. The embedded model is found at run time: `--add-modules smalti.models`.
module smalti.pipeline {
    requires transitive java.desktop;
    requires transitive smalti.clip;
    requires transitive smalti.core;
    requires transitive smalti.dvae;
    requires transitive smalti.tokenizer;
    requires transitive smalti.transformer;
    requires transitive smalti.weights;

    exports io.github.smalti.pipeline;
}
