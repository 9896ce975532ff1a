/// CLIP: scores of pictures against texts.
module smalti.clip {
    requires transitive smalti.core;
    requires transitive smalti.weights;
    requires smalti.tokenizer;

    exports io.github.smalti.clip;
}
