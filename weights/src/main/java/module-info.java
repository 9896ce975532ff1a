/// Readers of checkpoints; named and shaped access to tensors.
module smalti.weights {
    requires java.net.http;
    requires transitive smalti.core;

    exports io.github.smalti.weights;
    exports io.github.smalti.weights.hub;
}
