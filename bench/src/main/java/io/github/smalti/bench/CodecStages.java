package io.github.smalti.bench;

import io.github.smalti.core.Pixels;
import io.github.smalti.dvae.CodecOptions;
import io.github.smalti.dvae.ImageCodec;
import io.github.smalti.dvae.ImageCodecs;
import io.github.smalti.dvae.OpenAiDvae;
import io.github.smalti.dvae.Vqgan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The image codec's stages: codes to pixels and back, one picture a call, as float32.
final class CodecStages implements StageGroup {
    private final Setup setup;
    private final Path folder;
    private ImageCodec codec;

    CodecStages(Setup setup, Path folder) {
        this.setup = setup;
        this.folder = folder;
    }

    @Override
    public List<Stage> beforeLoading() { return List.of(); }

    @Override
    public List<Stage> open() {
        codec = ImageCodecs.load(folder, setup.compute(), CodecOptions.DEFAULT);
        List<Stage> stages = new ArrayList<>();
        if (setup.wants("decode")) stages.add(new Decode());
        if (setup.wants("encode") && codec.canEncode()) stages.add(new Encode());
        return stages;
    }

    @Override
    public void close() { if (codec != null) codec.close(); }

    /// Codes spread over the codebook.
    static int[] codes(ImageCodec codec, int rows, int cols) {
        int[] codes = new int[rows * cols];
        Arrays.setAll(codes, i -> (int) (i * 7919L % codec.codebookSize()));
        return codes;
    }

    private String name() { return codec instanceof OpenAiDvae ? "dVAE" : "VQGAN"; }

    private Work decodeWork() {
        return switch (codec) {
            case Vqgan vqgan -> Costs.vqganDecode(vqgan.config(), codec.gridRows(), codec.gridCols());
            case OpenAiDvae dvae -> Costs.dvaeDecode(dvae.config(), codec.gridRows(), codec.gridCols());
            default -> throw new BenchException("no costs are known of this image codec");
        };
    }

    private Work encodeWork() {
        return switch (codec) {
            case Vqgan vqgan -> Costs.vqganEncode(vqgan.config(), codec.gridRows(), codec.gridCols());
            case OpenAiDvae dvae -> Costs.dvaeEncode(dvae.config(), codec.gridRows(), codec.gridCols());
            default -> throw new BenchException("no costs are known of this image codec");
        };
    }

    private String size() {
        int side = codec.gridRows() * codec.pixelsPerCode();
        return side + " x " + side;
    }

    private final class Decode implements Stage {
        private final int[] codes = codes(codec, codec.gridRows(), codec.gridCols());

        @Override
        public List<Line> lines() { return List.of(new Line(name() + " decode to " + size(), decodeWork())); }

        @Override
        public double[] run() {
            long start = System.nanoTime();
            codec.decode(codes, codec.gridRows(), codec.gridCols());
            return new double[]{(System.nanoTime() - start) * 1e-9};
        }

        @Override
        public long plannedBytes() { return codec.plan(codec.gridRows(), codec.gridCols()).anonymousBytes(); }

        @Override
        public String word() { return "decode"; }
    }

    private final class Encode implements Stage {
        private final Pixels picture = codec.decode(codes(codec, codec.gridRows(), codec.gridCols()), codec.gridRows(),
                codec.gridCols());

        @Override
        public List<Line> lines() { return List.of(new Line(name() + " encode from " + size(), encodeWork())); }

        @Override
        public double[] run() {
            long start = System.nanoTime();
            codec.encode(picture);
            return new double[]{(System.nanoTime() - start) * 1e-9};
        }

        @Override
        public String word() { return "encode"; }
    }
}
