/// Kernels, packed matrices, layers, the worker team, counter-based random numbers and strict JSON.
@SuppressWarnings("module") // the modules named below are compiled later
module smalti.core {
    requires jdk.incubator.vector;

    exports io.github.smalti.core;
    exports io.github.smalti.core.internal
            to smalti.clip, smalti.pipeline, smalti.tokenizer, smalti.tools, smalti.weights;
    exports io.github.smalti.core.json;
    exports io.github.smalti.core.kernel;
    exports io.github.smalti.core.layer;
}
