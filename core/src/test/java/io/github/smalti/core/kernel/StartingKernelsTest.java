package io.github.smalti.core.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.core.Precision;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class StartingKernelsTest {
    private static final long NEVER = Long.MAX_VALUE / 2;

    @Test
    void staysScalarWhileThereIsLittleToDo() {
        var kernels = new StartingKernels(NEVER, new VectorKernels());
        kernels.expect(Precision.BF16, 1_000);
        assertTrue(kernels.isStarting());
        assertEquals("scalar", kernels.name());
    }

    @Test
    void isAloneForItsFirstBillionOfMultiplyAddsOnly() {
        var kernels = new StartingKernels(NEVER, new VectorKernels());
        try (Arena arena = Arena.ofConfined()) {
            List<KernelCases.Case> cases = KernelCases.all(arena);
            for (int round = 0; kernels.isStarting(); round++) {
                assertTrue(round < 10_000, "the count grows");
                for (KernelCases.Case c : cases) if (c.name().startsWith("matmul")) c.run().apply(kernels);
            }
        }
        assertEquals("scalar", kernels.name(), "no reason to change");
    }

    @Test
    void expectedWorkMakesItChangeToVectorsWithoutAChangeOfBits() {
        var kernels = new StartingKernels(1_000, new VectorKernels());
        kernels.expect(Precision.BF16, 2_000);
        assertFalse(kernels.isStarting(), "a large model is loaded and drawn with all threads");
        try (Arena arena = Arena.ofConfined()) {
            boolean wasScalar = false;
            do {
                wasScalar |= kernels.name().equals("scalar");
                for (KernelCases.Case c : KernelCases.all(arena)) {
                    assertArrayEquals(c.run().apply(Kernels.scalar()), c.run().apply(kernels), c.name());
                }
            } while (kernels.name().equals("scalar"));
            assertTrue(wasScalar);
        }
        assertTrue(kernels.name().startsWith("vector"), kernels.name());
    }

    @Test
    void exerciseRunsEveryOperationInEachPrecision() {
        try (var exercise = new KernelExercise()) {
            for (Kernels kernels : List.of(Kernels.scalar(), new VectorKernels())) {
                assertTrue(exercise.nanos(kernels, Set.of(Precision.values())) > 0);
            }
        }
    }
}
