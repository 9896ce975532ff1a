package io.github.smalti.bench.peers;

import io.github.smalti.core.TensorView;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;

/// Workload E: the decoder of DALL·E mini's VQGAN f16, 16 × 16 codes to 256 × 256 pixels.
///
/// Source: Esser, Rombach, Ommer, "Taming transformers for high-resolution image synthesis", arXiv 2012.09841.
final class VqganNetwork implements Network {
    /// Rows and columns of the codes.
    static final int SIDE = 16;

    private static final int LATENT = 256;
    private static final int CODES = 16384;
    private static final int[] WIDTHS = {128, 128, 256, 256, 512};
    private static final int BLOCKS = 3;
    private static final int GROUPS = 32;
    private static final float EPSILON = 1e-6f;

    private final int pictures;

    VqganNetwork(int pictures) { this.pictures = pictures; }

    /// The codes that are drawn, of all pictures.
    static int[] codes(int pictures) {
        float[] random = Numbers.uniform(11, pictures * SIDE * SIDE, CODES / 2.0);
        int[] codes = new int[random.length];
        for (int i = 0; i < codes.length; i++) codes[i] = (int) (random[i] + CODES / 2.0);
        return codes;
    }

    @Override
    public Map<String, Input> inputs() {
        long[] codes = Arrays.stream(codes(pictures)).asLongStream().toArray();
        return Map.of("x", new Input(null, codes, codes.length));
    }

    @Override
    public void write(Graph graph) throws IOException {
        try (Tensors tensors = new Tensors(Network.folder("vqgan").resolve("flax_model.msgpack"))) {
            new Writer(graph, tensors, pictures).decoder();
        }
    }

    private record Writer(Graph graph, Tensors tensors, int pictures) {
        void decoder() throws IOException {
            String table = graph.constant(tensors.get("quantize/embedding/embedding"), CODES, LATENT);
            String rows = graph.reshape(graph.lookUp(table, graph.input()), pictures, SIDE, SIDE, LATENT);
            String h = conv("post_quant_conv", graph.permute(rows, 0, 3, 1, 2));
            h = conv("decoder/conv_in", h);
            h = residual("decoder/mid/block_1", h);
            h = attention("decoder/mid/attn_1", h, WIDTHS[4]);
            h = residual("decoder/mid/block_2", h);
            for (int level = WIDTHS.length - 1; level >= 0; level--) {
                String path = "decoder/up_" + level;
                for (int block = 0; block < BLOCKS; block++) {
                    h = residual(path + "/block_" + block, h);
                    if (level == 4) h = attention(path + "/attn_" + block, h, WIDTHS[4]);
                }
                if (level > 0) h = conv(path + "/upsample/conv", graph.doubled(h));
            }
            h = conv("decoder/conv_out", swish(norm("decoder/norm_out", h)));
            graph.output(graph.permute(h, 0, 2, 3, 1), pictures, 256, 256, 3);
        }

        private String conv(String name, String x) throws IOException {
            TensorView kernel = tensors.kernel(name + "/kernel");
            return graph.convolution(x, kernel.toFloats(), kernel.shape(), tensors.get(name + "/bias"), 1,
                    (int) kernel.size(2) / 2);
        }

        private String norm(String name, String x) throws IOException {
            return graph.groupNorm(x, GROUPS, tensors.get(name + "/scale"), tensors.get(name + "/bias"), EPSILON);
        }

        private String swish(String x) throws IOException { return graph.multiply(x, graph.sigmoid(x)); }

        private String residual(String name, String x) throws IOException {
            String h = conv(name + "/conv1", swish(norm(name + "/norm1", x)));
            h = conv(name + "/conv2", swish(norm(name + "/norm2", h)));
            long[] shape = tensors.shape(name + "/conv1/kernel");
            return graph.add(shape[2] == shape[3] ? x : conv(name + "/nin_shortcut", x), h);
        }

        private String attention(String name, String x, int width) throws IOException {
            String normed = norm(name + "/norm", x);
            String[] parts = new String[3];
            for (int i = 0; i < 3; i++) {
                String map = conv(name + "/" + "qkv".charAt(i), normed);
                parts[i] = graph.permute(graph.reshape(map, pictures, 1, width, SIDE * SIDE), 0, 1, 3, 2);
            }
            String mixed = graph.attention(parts[0], parts[1], parts[2], null, (float) (1 / Math.sqrt(width)));
            String map = graph.reshape(graph.permute(mixed, 0, 1, 3, 2), pictures, width, SIDE, SIDE);
            return graph.add(x, conv(name + "/proj_out", map));
        }
    }
}
