package io.github.smalti.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.smalti.bench.checkpoint.RandomClip;
import io.github.smalti.bench.checkpoint.RandomClipResNet;
import io.github.smalti.core.Precision;
import io.github.smalti.core.kernel.Activation;
import io.github.smalti.dvae.OpenAiDvaeConfig;
import io.github.smalti.dvae.VqganConfig;
import io.github.smalti.transformer.DalleBartConfig;
import io.github.smalti.transformer.MinDalleConfig;
import io.github.smalti.transformer.PromptKind;
import io.github.smalti.transformer.RuDalleConfig;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Costs equal the figures that were computed from the reference modules; each figure's meaning stands beside it.
class CostsTest {
    private static final DalleBartConfig MINI = bart(1024, 16, 2730, 12, 50264, 16385);
    private static final DalleBartConfig MEGA = bart(2048, 32, 4096, 24, 50272, 16416);
    private static final VqganConfig F16 = new VqganConfig(256, 128, List.of(1, 1, 2, 2, 4), 2, List.of(16), 256, 256,
            16384);

    private static DalleBartConfig bart(int d, int heads, int ffn, int layers, int textVocab, int imageRows) {
        var stack = new DalleBartConfig.Stack(layers, heads, ffn, true);
        return new DalleBartConfig(d, stack, stack, textVocab, 64, imageRows, 256, 16384, false, false, false, true,
                Activation.GELU, true, true);
    }

    @Test
    void weightsOfAStep() {
        assertEquals(192_913_408, Costs.stepWeights(MINI), "mini: 192.9 M weights a token");
        assertEquals(1_241_513_984L, Costs.stepWeights(MEGA), "mega: 1,241.5 M weights a token");
        assertEquals(2 * 192_913_408, Costs.step(MINI, Precision.BF16, 2, 0, 64).bytes(), "bf16, whatever the rows");
    }

    @Test
    void loopOfAnImage() {
        double attention = 2_422_210_560.0; // of one stream over 256 steps, a prompt of 64 tokens included
        assertEquals(2 * 192_913_408.0 * 256 + attention, Costs.loop(MINI, Precision.F32, 1, 64).flop(), 1);
        assertEquals(101.2e9, Costs.loop(MINI, Precision.F32, 1, 64).flop(), 0.05e9, "mini: 101.2 GFLOP a stream");
        assertEquals(645.3e9, Costs.loop(MEGA, Precision.F32, 1, 64).flop(), 0.05e9, "mega: 645.3 GFLOP a stream");
    }

    /// 31.5 GFLOP of ruDALL-E's loop are attention, where dense layers would need 125.
    @Test
    void loopsOfDecoderOnlyModels() {
        var xl = DecoderCosts.of(new RuDalleConfig(24, 2048, 16, 16512, 128, 8192, 32, true,
                RuDalleConfig.Version.V3));
        var min = DecoderCosts.of(new MinDalleConfig(PromptKind.TEXT, 42, 1536, 24, 16384, 64, 16384, 256, true, true,
                Activation.GELU));
        assertEquals(1_224.7e6, xl.stepWeights(), 0.05e6);
        assertEquals(1_214.3e6, min.stepWeights(), 0.05e6);
        assertEquals(2_539.8e9, loop(xl, 1024), 3e9, "one step fewer than the estimate");
        assertEquals(634.4e9, loop(min, 256), 3e9);
        assertEquals(31.5e9, loop(xl, 1024) - 1023 * 2 * xl.stepWeights(), 0.3e9,
                "estimated with a row in the last layer");
        assertEquals(310.8e9, xl.prefill(Precision.F32).flop(), 0.5e9);
        assertEquals(152.7e9, min.prefill(Precision.F32).flop(), 0.5e9);
    }

    private static double loop(DecoderCosts costs, int codes) {
        double flop = 0;
        for (int position = 1; position < codes; position++) flop += costs.step(Precision.F32, 1, position).flop();
        return flop;
    }

    @Test
    void prefillOfAPrompt() {
        double mini = Costs.encoder(MINI, Precision.F32, 64).flop()
                + Costs.crossKeysAndValues(MINI, Precision.F32, 64).flop();
        double mega = Costs.encoder(MEGA, Precision.F32, 64).flop()
                + Costs.crossKeysAndValues(MEGA, Precision.F32, 64).flop();
        assertEquals(22_746_759_168.0, mini, "mini: 22.7 GFLOP a prompt of 64 tokens");
        assertEquals(155_424_129_024.0, mega, "mega: 155.4 GFLOP");
    }

    @Test
    void keysAndValuesOfTheMeanStep() {
        double mean = 0;
        for (int p = 0; p < 256; p++) mean += Costs.keyValueBytes(MINI, Precision.F32, 1, 1, p, 64) / 256;
        assertEquals(4 * 4_730_880.0, mean, 1e-3, "mini: 4.73 M numbers a stream in the mean step");
    }

    @Test
    void keysAndValuesThatAreShared() {
        double all = Costs.keyValueBytes(MINI, Precision.F32, 16, 16, 9, 64);
        double shared = Costs.keyValueBytes(MINI, Precision.F32, 16, 2, 9, 64);
        assertEquals(4.0 * 2 * 12 * 1024 * 64 * 14, all - shared, "a batch of 8 reads its two prompts once");
        assertEquals(2.0 * 2 * 12 * 1024 * 16 * 10, shared - Costs.keyValueBytes(MINI, Precision.BF16, 16, 2, 9, 64));
    }

    @Test
    void codec() {
        assertEquals(2 * 126_374_379_520.0, Costs.vqganDecode(F16, 16, 16).flop(), "f16 decode: 252.7 GFLOP");
        assertEquals(2 * 69_214_404_608.0, Costs.vqganEncode(F16, 16, 16).flop(), "f16 encode: 138.4 GFLOP");
        double parameters = Costs.vqganDecode(F16, 16, 16).bytes() / 4;
        assertTrue(parameters > 42.4e6 && parameters < 42_515_587, "norms and biases are not counted: " + parameters);
    }

    @Test
    void codecsOfEightPixelsACode() {
        var gumbel = new VqganConfig(256, 128, List.of(1, 1, 2, 4), 2, List.of(32), 256, 256, 8192);
        assertEquals(2 * 156_120_383_488.0, Costs.vqganDecode(gumbel, 32, 32).flop(), "Gumbel f8 decode: 312.2 GFLOP");
        assertEquals(2 * 86_729_818_112.0, Costs.vqganEncode(gumbel, 32, 32).flop(), "Gumbel f8 encode: 173.5 GFLOP");
        var dvae = new OpenAiDvaeConfig(256, 2, 128, 8192);
        assertEquals(2 * 152_907_546_624.0, Costs.dvaeDecode(dvae, 32, 32).flop(), "dVAE decode: 305.8 GFLOP");
        assertEquals(2 * 136_147_107_840.0, Costs.dvaeEncode(dvae, 32, 32).flop(), "dVAE encode: 272.3 GFLOP");
        double decoder = Costs.dvaeDecode(dvae, 32, 32).bytes() / 4 + 8192 * 128;
        double encoder = Costs.dvaeEncode(dvae, 32, 32).bytes() / 4;
        assertTrue(decoder > 43.80e6 && decoder < 43_829_766, "biases are not counted: " + decoder);
        assertTrue(encoder > 53.76e6 && encoder < 53_786_240, "biases are not counted: " + encoder);
    }

    @Test
    void largerPicturesCostMoreThanTheirAreaOnlyByAttention() {
        double small = Costs.vqganDecode(F16, 16, 16).flop();
        double large = Costs.vqganDecode(F16, 32, 32).flop();
        assertTrue(large > 4 * small && large < 4.1 * small, large / small + " times");
    }

    @Test
    void clip() {
        assertEquals(8_817_623_040.0, Costs.clipImages(RandomClip.B32, Precision.F32, 1).flop(), "B/32: 8.82 GFLOP");
        assertEquals(162_025_537_536.0, Costs.clipImages(RandomClip.L14, Precision.F32, 1).flop(), "L/14: 162.03");
        assertEquals(5_959_540_736.0, Costs.clipTexts(RandomClip.B32, Precision.F32, 1).flop(), "B/32 text: 5.96");
        assertEquals(13_299_683_328.0, Costs.clipTexts(RandomClip.L14, Precision.F32, 1).flop(), "L/14 text: 13.30");
    }

    @Test
    void clipResNet() {
        assertEquals(11_586_306_048.0, Costs.clipImages(RandomClipResNet.RN50, Precision.F32, 1).flop(), "RN50: 11.59");
        double weights = Costs.clipImages(RandomClipResNet.RN50, Precision.F32, 1).bytes() / 4;
        assertTrue(weights > 38e6 && weights < 38_316_896, "norms, biases and positions are not counted: " + weights);
        double eight = Costs.clipImages(RandomClipResNet.RN50, Precision.F32, 8).flop();
        assertEquals(8 * 11_586_306_048.0, eight, "eight pictures");
    }

    /// Seconds a mini image at 236.4 GFLOP/s and 51.4 GB/s, keys and values as bf16: 3.94 (f32), 2.02 (bf16) with
    /// guidance at batch 1, 0.86 at batch 8, where arithmetic is the limit.
    @Test
    void rooflineOfTheLoop() {
        var limits = new MachineLimits(236.4, 51.4);
        assertEquals(3.94, seconds(Precision.F32, 2, limits), 0.01);
        assertEquals(2.02, seconds(Precision.BF16, 2, limits), 0.01);
        assertEquals(0.86, seconds(Precision.BF16, 16, limits) / 8, 0.01);
    }

    private static double seconds(Precision precision, int rows, MachineLimits limits) {
        double sum = 0;
        for (int p = 0; p < 256; p++) {
            double cache = Costs.keyValueBytes(MINI, Precision.F32, rows, rows, p, 64) / 2;
            sum += Costs.step(MINI, precision, rows, p, 64).plus(new Work(0, cache)).seconds(limits);
        }
        return sum;
    }
}
