/// Readers of checkpoints; named and shaped access to tensors.
module smalti.weights {
    requires transitive smalti.core;

    exports io.github.smalti.weights;
}
