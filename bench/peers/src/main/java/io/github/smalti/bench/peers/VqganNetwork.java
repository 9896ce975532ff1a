package io.github.smalti.bench.peers;

import io.github.smalti.core.TensorView;
import io.github.smalti.dvae.CodecAccess;
import io.github.smalti.dvae.PixelRange;
import io.github.smalti.dvae.VqganConfig;
import java.io.IOException;
import java.util.Map;

/// Workloads E and G: the decoder of a VQGAN, of DALL·E mini (f16) or ruDALL-E (Gumbel f8); both draw 256 × 256 pixels.
///
/// Pixels come out in 0..1, not clipped. Source: Esser, Rombach, Ommer, "Taming transformers for high-resolution image
/// synthesis", arXiv 2012.09841.
final class VqganNetwork implements Network {
    private static final int GROUPS = 32;
    private static final float EPSILON = 1e-6f;

    /// Open until the network is written.
    private final CodecAccess<VqganConfig> codec;
    private final PictureCodes codes;

    VqganNetwork(String model, int pictures) {
        codec = CodecAccess.vqgan(Network.folder(model));
        codes = new PictureCodes(pictures, codec.config().gridSide(), codec.config().codebookSize());
    }

    @Override
    public Map<String, Input> inputs() { return codes.inputs(); }

    @Override
    public void write(Graph graph) throws IOException {
        try (codec) {
            new Writer(graph, codec, codec.config(), codes).decoder();
        }
    }

    private record Writer(Graph graph, CodecAccess<VqganConfig> codec, VqganConfig config, PictureCodes codes) {
        void decoder() throws IOException {
            int last = config.levelCount() - 1;
            String h = codes.lookUp(graph, codec.get("quantize.embedding.weight"), config.embedDim());
            h = conv("decoder.conv_in", conv("post_quant_conv", h));
            h = residual("decoder.mid.block_1", h);
            h = attention("decoder.mid.attn_1", last, h);
            h = residual("decoder.mid.block_2", h);
            for (int level = last; level >= 0; level--) {
                String path = "decoder.up." + level;
                for (int block = 0; block <= config.residualBlocks(); block++) {
                    h = residual(path + ".block." + block, h);
                    if (config.hasAttention(level)) h = attention(path + ".attn." + block, level, h);
                }
                if (level > 0) h = conv(path + ".upsample.conv", graph.doubled(h));
            }
            h = conv("decoder.conv_out", swish(norm("decoder.norm_out", h)));
            String pixels = graph.permute(h, 0, 2, 3, 1);
            if (codec.range() == PixelRange.MINUS_ONE_TO_ONE) {
                String half = graph.constant(new float[]{0.5f}, 1);
                pixels = graph.add(graph.multiply(pixels, half), half);
            }
            graph.output(pixels, codes.pictures(), side(0), side(0), 3);
        }

        private int side(int level) { return codes.side() * config.pixelsPerCode() >> level; }

        private String conv(String name, String x) throws IOException {
            TensorView kernel = codec.tensor(name + ".weight");
            return graph.convolution(x, kernel.toFloats(), kernel.shape(), codec.get(name + ".bias"), 1,
                    (int) kernel.size(2) / 2);
        }

        private String norm(String name, String x) throws IOException {
            return graph.groupNorm(x, GROUPS, codec.get(name + ".weight"), codec.get(name + ".bias"), EPSILON);
        }

        private String swish(String x) throws IOException { return graph.multiply(x, graph.sigmoid(x)); }

        private String residual(String name, String x) throws IOException {
            String h = conv(name + ".conv1", swish(norm(name + ".norm1", x)));
            h = conv(name + ".conv2", swish(norm(name + ".norm2", h)));
            TensorView kernel = codec.tensor(name + ".conv1.weight");
            return graph.add(kernel.size(0) == kernel.size(1) ? x : conv(name + ".nin_shortcut", x), h);
        }

        private String attention(String name, int level, String x) throws IOException {
            int width = config.levelChannels(level);
            int side = side(level);
            String normed = norm(name + ".norm", x);
            String[] parts = new String[3];
            for (int i = 0; i < 3; i++) {
                String map = conv(name + "." + "qkv".charAt(i), normed);
                parts[i] = graph.permute(graph.reshape(map, codes.pictures(), 1, width, side * side), 0, 1, 3, 2);
            }
            String mixed = graph.attention(parts[0], parts[1], parts[2], null, (float) (1 / Math.sqrt(width)));
            String map = graph.reshape(graph.permute(mixed, 0, 1, 3, 2), codes.pictures(), width, side, side);
            return graph.add(x, conv(name + ".proj_out", map));
        }
    }
}
