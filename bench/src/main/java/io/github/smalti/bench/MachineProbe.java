package io.github.smalti.bench;

import io.github.smalti.core.Team;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Measures the machine's limits again and again, in about 0.1 s each: fused multiply-adds, and reads of native memory.
///
/// Shared machines change their speed every few seconds, so that one measurement tells little about a stage that runs
/// later. The memory that is read is kept, since to get it anew would take longer than to read it. Used by one thread.
final class MachineProbe implements AutoCloseable {
    /// Native memory that a probe holds and reads: far more than any cache.
    static final long READ_BYTES = 1L << 30;

    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
    /// Passes until the loops are compiled for good.
    private static final int WARM_UPS = 12;
    /// The better of two passes, since either may be interrupted.
    private static final int PASSES = 2;
    /// Parts a thread, so that one that is late does not decide.
    private static final int PARTS = 8;
    /// With 12 chains about 3 ms a part, 25 ms a pass.
    private static final int FMA_ROUNDS = 1_000_000;

    private final Team team;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory;
    /// What the loops computed; another thread could read it, so nothing is optimised away.
    private final float[] sums;
    private final Series flops = new Series();
    private final Series bytes = new Series();
    private MachineLimits last;

    /// Takes the memory and warms up, in about two seconds.
    ///
    /// @param team the threads whose limits are asked for
    MachineProbe(Team team) {
        this.team = team;
        sums = new float[PARTS * team.size() * 16];
        memory = arena.allocate(READ_BYTES, 4096).fill((byte) 1);
        for (int i = 0; i < WARM_UPS; i++) {
            multiplyAddRate();
            readRate();
        }
        take();
    }

    /// Measures both limits now.
    MachineLimits take() {
        double gigaFlops = 0;
        double gigaBytes = 0;
        for (int i = 0; i < PASSES; i++) {
            gigaFlops = Math.max(gigaFlops, multiplyAddRate());
            gigaBytes = Math.max(gigaBytes, readRate());
        }
        flops.add(gigaFlops);
        bytes.add(gigaBytes);
        last = new MachineLimits(gigaFlops, gigaBytes);
        return last;
    }

    /// What was measured last.
    MachineLimits last() { return last; }

    /// FMA rates of all measurements, in GFLOP/s.
    Series flops() { return flops; }

    /// Read rates of all measurements, in GB/s.
    Series bytes() { return bytes; }

    /// The median of all measurements.
    MachineLimits median() { return new MachineLimits(flops.median(), bytes.median()); }

    private double multiplyAddRate() {
        int parts = PARTS * team.size();
        long start = System.nanoTime();
        team.run(parts, (part, _) -> sums[part * 16] += multiplyAdd());
        return 2.0 * FMA_ROUNDS * 12 * F.length() * parts / (System.nanoTime() - start);
    }

    private double readRate() {
        int parts = PARTS * team.size();
        long share = READ_BYTES / parts / 4096 * 4096;
        long start = System.nanoTime();
        team.run(parts, (part, _) -> sums[part * 16] += read(memory, part * share, share));
        return (double) share * parts / (System.nanoTime() - start);
    }

    /// Twelve independent chains hide the latency of the fused multiply-add.
    private static float multiplyAdd() {
        FloatVector a = FloatVector.broadcast(F, 0.999f);
        FloatVector b = FloatVector.broadcast(F, 0.001f);
        FloatVector s0 = b, s1 = b, s2 = b, s3 = b, s4 = b, s5 = b, s6 = b, s7 = b, s8 = b, s9 = b, s10 = b, s11 = b;
        for (int i = 0; i < FMA_ROUNDS; i++) {
            s0 = s0.fma(a, b);
            s1 = s1.fma(a, b);
            s2 = s2.fma(a, b);
            s3 = s3.fma(a, b);
            s4 = s4.fma(a, b);
            s5 = s5.fma(a, b);
            s6 = s6.fma(a, b);
            s7 = s7.fma(a, b);
            s8 = s8.fma(a, b);
            s9 = s9.fma(a, b);
            s10 = s10.fma(a, b);
            s11 = s11.fma(a, b);
        }
        return s0.add(s1).add(s2).add(s3).add(s4).add(s5).add(s6).add(s7).add(s8).add(s9).add(s10).add(s11)
                .reduceLanes(VectorOperators.ADD);
    }

    private static float read(MemorySegment memory, long from, long bytes) {
        IntVector s0 = IntVector.zero(I), s1 = s0, s2 = s0, s3 = s0;
        long step = I.vectorByteSize();
        for (long at = from; at < from + bytes; at += 4 * step) {
            s0 = s0.add(IntVector.fromMemorySegment(I, memory, at, ByteOrder.LITTLE_ENDIAN));
            s1 = s1.add(IntVector.fromMemorySegment(I, memory, at + step, ByteOrder.LITTLE_ENDIAN));
            s2 = s2.add(IntVector.fromMemorySegment(I, memory, at + 2 * step, ByteOrder.LITTLE_ENDIAN));
            s3 = s3.add(IntVector.fromMemorySegment(I, memory, at + 3 * step, ByteOrder.LITTLE_ENDIAN));
        }
        return s0.add(s1).add(s2).add(s3).reduceLanes(VectorOperators.ADD);
    }

    @Override
    public void close() { arena.close(); }
}
