package io.github.smalti.bench.peers;

import io.github.smalti.core.Team;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// The machine itself: short probes of its speed, since a shared host is not the same from second to second.
///
/// Workload `probe fma` multiplies and adds in registers, `probe dram` reads native memory; both on two threads.
final class MachinePeer implements Peer {
    /// FLOP of one run of `probe fma`.
    static final double FLOPS = 2.0 * 2 * MachinePeer.ROUNDS * 12 * FloatVector.SPECIES_PREFERRED.length();
    /// Bytes of one run of `probe dram`.
    static final long BYTES = 256L << 20;

    private static final int ROUNDS = 1_000_000;
    private static final VectorSpecies<Float> F = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> I = IntVector.SPECIES_PREFERRED;

    private final Team team = new Team(2);
    private final MemorySegment memory = Arena.ofAuto().allocate(BYTES, 4096).fill((byte) 1);

    @Override
    public String describe() { return "probes: " + FLOPS + " FLOP, " + BYTES + " bytes"; }

    @Override
    public Work open(String[] words) {
        float[] sums = new float[32];
        boolean fma = words[1].equals("fma");
        return new Work() {
            @Override
            public float run() {
                if (fma) {
                    team.run(2, (part, _) -> sums[part * 16] = multiplyAdd());
                } else {
                    team.run(2, (part, _) -> sums[part * 16] = read(memory.asSlice(part * BYTES / 2, BYTES / 2)));
                }
                return sums[0] + sums[16];
            }

            @Override
            public float[] outputs() { return sums; }
        };
    }

    /// Twelve independent chains hide the latency of the fused multiply-add.
    private static float multiplyAdd() {
        FloatVector a = FloatVector.broadcast(F, 0.999f);
        FloatVector b = FloatVector.broadcast(F, 0.001f);
        FloatVector s0 = b, s1 = b, s2 = b, s3 = b, s4 = b, s5 = b, s6 = b, s7 = b, s8 = b, s9 = b, s10 = b, s11 = b;
        for (int i = 0; i < ROUNDS; i++) {
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

    private static float read(MemorySegment part) {
        IntVector s0 = IntVector.zero(I), s1 = s0, s2 = s0, s3 = s0;
        int step = I.vectorByteSize();
        for (long at = 0; at < part.byteSize(); at += 4L * step) {
            s0 = s0.add(IntVector.fromMemorySegment(I, part, at, ByteOrder.LITTLE_ENDIAN));
            s1 = s1.add(IntVector.fromMemorySegment(I, part, at + step, ByteOrder.LITTLE_ENDIAN));
            s2 = s2.add(IntVector.fromMemorySegment(I, part, at + 2 * step, ByteOrder.LITTLE_ENDIAN));
            s3 = s3.add(IntVector.fromMemorySegment(I, part, at + 3 * step, ByteOrder.LITTLE_ENDIAN));
        }
        return s0.add(s1).add(s2).add(s3).reduceLanes(VectorOperators.ADD);
    }
}
