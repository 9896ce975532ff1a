/// Kernels, packed matrices, layers, the worker team, counter-based random numbers and strict JSON.
module smalti.core {
    requires jdk.incubator.vector;

    exports io.github.smalti.core;
    exports io.github.smalti.core.json;
    exports io.github.smalti.core.kernel;
    exports io.github.smalti.core.layer;
}
