package io.github.smalti.bench.peers;

import io.github.smalti.core.TensorView;
import io.github.smalti.dvae.CodecAccess;
import io.github.smalti.dvae.LogitLaplace;
import io.github.smalti.dvae.OpenAiDvaeConfig;
import java.io.IOException;
import java.util.Map;

/// Workload G: the decoder of OpenAI's dVAE, 32 × 32 codes to 256 × 256 pixels.
///
/// The graph is the published one, except that the first convolution, of one-hot vectors, is a table that has its bias
/// in it, and that a block's gain is part of its last convolution. Pixels come out through the logit-Laplace map, not
/// clipped. Source: Ramesh et al., arXiv 2102.12092, appendix A; openai/DALL-E @ 5be4b23.
final class DvaeNetwork implements Network {
    private static final int GROUPS = 4;
    private static final int PIXEL_CHANNELS = 3;

    /// Open until the network is written.
    private final CodecAccess<OpenAiDvaeConfig> codec;
    private final PictureCodes codes;

    DvaeNetwork(String model, int pictures) {
        codec = CodecAccess.openAiDvae(Network.folder(model));
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

    private record Writer(Graph graph, CodecAccess<OpenAiDvaeConfig> codec, OpenAiDvaeConfig config,
            PictureCodes codes) {
        void decoder() throws IOException {
            String h = codes.lookUp(graph, table(), config.initialChannels());
            for (int group = 1; group <= GROUPS; group++) {
                for (int block = 1; block <= config.blocksPerGroup(); block++) {
                    h = block("blocks.group_" + group + ".block_" + block, h);
                }
                if (group < GROUPS) h = graph.doubled(h);
            }
            h = conv("blocks.output.conv", graph.relu(h), 1);
            String means = graph.sigmoid(graph.slice(h, 1, 0, PIXEL_CHANNELS));
            double scale = 1 / (1 - 2 * LogitLaplace.EPSILON);
            String pixels = graph.add(graph.multiply(means, number(scale)), number(-LogitLaplace.EPSILON * scale));
            int side = codes.side() * config.pixelsPerCode();
            graph.output(graph.permute(pixels, 0, 2, 3, 1), codes.pictures(), side, side, PIXEL_CHANNELS);
        }

        private String number(double value) throws IOException { return graph.constant(new float[]{(float) value}, 1); }

        /// A row of the first convolution's outputs for each code, (codes, channels).
        private float[] table() {
            float[] table = codec.tensor("blocks.input.weight").permute(1, 0, 2, 3).toFloats();
            float[] bias = codec.get("blocks.input.bias");
            for (int i = 0; i < table.length; i++) table[i] += bias[i % bias.length];
            return table;
        }

        private String block(String name, String x) throws IOException {
            String path = name + ".res_path.conv_";
            String h = x;
            for (int i = 1; i <= 4; i++) h = conv(path + i, graph.relu(h), i == 4 ? config.gain() : 1);
            return graph.add(codec.weights().has(name + ".id_path.weight") ? conv(name + ".id_path", x, 1) : x, h);
        }

        private String conv(String name, String x, float gain) throws IOException {
            TensorView kernel = codec.tensor(name + ".weight");
            return graph.convolution(x, scaled(kernel.toFloats(), gain), kernel.shape(),
                    scaled(codec.get(name + ".bias"), gain), 1, (int) kernel.size(2) / 2);
        }

        private static float[] scaled(float[] values, float gain) {
            for (int i = 0; i < values.length; i++) values[i] *= gain;
            return values;
        }
    }
}
