package io.github.smalti.core.kernel;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/// Chooses the kernels once per process.
///
/// The vector kernels are reached by name, so that no class that mentions `jdk.incubator.vector` is linked unless the
/// module is there (the pattern of Apache Lucene's VectorizationProvider).
final class KernelChoice {
    static final Kernels BEST = choose();

    private static final String VECTOR_CLASS = "io.github.smalti.core.kernel.VectorKernels";

    private KernelChoice() {}

    private static Kernels choose() {
        String bits = System.getProperty("smalti.vector.bits", "").strip();
        if (bits.equals("0")) return ScalarKernels.INSTANCE;
        if (!bits.isEmpty() && !bits.equals("128") && !bits.equals("256") && !bits.equals("512")) {
            throw new IllegalArgumentException(
                    "smalti.vector.bits: expected 0 (scalar), 128, 256 or 512, found \"" + bits + "\"");
        }
        Logger log = System.getLogger("smalti");
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            log.log(Level.WARNING, "running on scalar kernels, which are slower and draw the same pictures: "
                    + "add --add-modules jdk.incubator.vector to the java command");
            return ScalarKernels.INSTANCE;
        }
        try {
            return (Kernels) Class.forName(VECTOR_CLASS).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException | LinkageError e) {
            log.log(Level.WARNING, "running on scalar kernels, since the vector kernels did not start", e);
            return ScalarKernels.INSTANCE;
        }
    }
}
