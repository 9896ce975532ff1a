/// Kernels, packed matrices, layers, the worker team, counter-based random numbers and strict JSON.
module smalti.core {
    exports io.github.smalti.core;
    exports io.github.smalti.core.json;
}
