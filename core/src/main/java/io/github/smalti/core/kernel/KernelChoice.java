package io.github.smalti.core.kernel;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;

/// Chooses the kernels once per process.
///
/// The vector kernels are reached by name, so that no class that mentions `jdk.incubator.vector` is linked unless the
/// module is there (the pattern of Apache Lucene's VectorizationProvider).
final class KernelChoice {
    private static final String VECTOR_CLASS = "io.github.smalti.core.kernel.VectorKernels";
    /// Multiply-adds from which on it pays to have the vector kernels compiled: about a dozen pictures of the embedded
    /// model, at 1.0e9 each.
    private static final long SCALAR_WORK = 12_000_000_000L;

    private static final class Best { static final Kernels INSTANCE = choose(); }

    private static final class Starting {
        static final Kernels INSTANCE = bits().isEmpty() && hasVectors()
                ? new StartingKernels(SCALAR_WORK, best())
                : best();
    }

    private KernelChoice() {}

    static Kernels best() { return Best.INSTANCE; }

    /// One instance a process, since its JVM compiles the kernels once.
    static Kernels starting() { return Starting.INSTANCE; }

    private static String bits() { return System.getProperty("smalti.vector.bits", "").strip(); }

    private static boolean hasVectors() { return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent(); }

    private static Kernels choose() {
        String bits = bits();
        if (bits.equals("0")) return ScalarKernels.INSTANCE;
        if (!bits.isEmpty() && !bits.equals("128") && !bits.equals("256") && !bits.equals("512")) {
            throw new IllegalArgumentException(
                    "smalti.vector.bits: expected 0 (scalar), 128, 256 or 512, found \"" + bits + "\"");
        }
        Logger log = System.getLogger("smalti");
        if (!hasVectors()) {
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
