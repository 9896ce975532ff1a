package io.github.smalti.core.kernel;

import java.lang.foreign.Arena;
import java.util.Arrays;

/// Prints the kernels' name and a digest per case; [SameBitsTest] runs it at every vector width in a JVM of its own.
final class KernelDigest {
    private KernelDigest() {}

    public static void main(String[] args) {
        Kernels kernels = Kernels.best();
        System.out.println("kernels: " + kernels.name());
        try (Arena arena = Arena.ofConfined()) {
            for (KernelCases.Case c : KernelCases.all(arena)) {
                float[] out = c.run().apply(kernels);
                int[] bits = new int[out.length];
                for (int i = 0; i < bits.length; i++) bits[i] = Float.floatToRawIntBits(out[i]);
                System.out.println(c.name() + ": " + Arrays.hashCode(bits));
            }
        }
    }
}
