package io.github.smalti.bench;

import io.github.smalti.core.Team;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// What this machine can do at most, measured in the same run as the benchmarks: fused multiply-adds and reads of memory.
///
/// @param gigaFlops      float32 FMA rate of all threads, two FLOP each
/// @param gigaBytes      read rate of native memory far larger than the caches, all threads
/// @param check          a sum over everything computed, so that nothing is optimised away
record MachineLimits(double gigaFlops, double gigaBytes, float check) {
    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;
    private static final int FMA_ROUNDS = 4_000_000;
    private static final long READ_BYTES = 256L << 20;
    private static final int REPEATS = 5;

    /// Measures both in about a quarter of a second; the best of five rounds each.
    static MachineLimits measure(Team team) {
        float[] sums = new float[team.size() * 16];
        double flops = 0;
        double bytes = 0;
        long flopCount = 2L * FMA_ROUNDS * 12 * F.length() * team.size();
        for (int i = 0; i < REPEATS; i++) {
            long start = System.nanoTime();
            team.run((part, _) -> sums[part * 16] += multiplyAdd());
            flops = Math.max(flops, flopCount / (double) (System.nanoTime() - start));
        }
        try (Arena arena = Arena.ofShared()) {
            MemorySegment memory = arena.allocate(READ_BYTES, 4096).fill((byte) 1);
            long share = READ_BYTES / team.size() / 4096 * 4096;
            for (int i = 0; i < REPEATS; i++) {
                long start = System.nanoTime();
                team.run((part, _) -> sums[part * 16] += read(memory, part * share, share));
                bytes = Math.max(bytes, share * team.size() / (double) (System.nanoTime() - start));
            }
        }
        float check = 0;
        for (float sum : sums) check += sum;
        return new MachineLimits(flops, bytes, check);
    }

    /// What lies between two measurements.
    static MachineLimits mean(MachineLimits a, MachineLimits b) {
        return new MachineLimits((a.gigaFlops + b.gigaFlops) / 2, (a.gigaBytes + b.gigaBytes) / 2, 0);
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
}
