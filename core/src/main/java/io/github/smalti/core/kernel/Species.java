package io.github.smalti.core.kernel;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// The one vector width of this process, a constant so that the compiler can fold it.
final class Species {
    static final VectorSpecies<Float> F = VectorSpecies.of(float.class, shape());
    static final VectorSpecies<Integer> I = VectorSpecies.of(int.class, shape());
    static final int LANES = F.length();
    /// Vectors of one panel of 16 columns.
    static final int VECTORS_PER_PANEL = 16 / LANES;
    static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

    private Species() {}

    private static VectorShape shape() {
        int widest = Math.min(512, FloatVector.SPECIES_PREFERRED.vectorBitSize());
        int bits = Integer.getInteger("smalti.vector.bits", widest);
        if (bits > widest) {
            throw new IllegalArgumentException(
                    "smalti.vector.bits=" + bits + ": the vectors of this machine have " + widest
                            + " bits; ask for " + widest + " or less");
        }
        return VectorShape.forBitSize(Math.max(128, bits));
    }
}
