/// Readers of checkpoints; named and shaped access to tensors.
module smalti.weights {
    requires transitive smalti.core;
    requires org.apache.commons.compress;

    exports io.github.smalti.weights;
}
