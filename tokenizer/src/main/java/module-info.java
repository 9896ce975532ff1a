/// Tokenizers and the text normaliser: from a prompt to the ids that a text encoder reads.
module smalti.tokenizer {
    requires smalti.core;

    exports io.github.smalti.tokenizer;
}
