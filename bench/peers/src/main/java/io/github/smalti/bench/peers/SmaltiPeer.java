package io.github.smalti.bench.peers;

import io.github.smalti.clip.TowerAccess;
import io.github.smalti.core.Compute;
import io.github.smalti.core.DType;
import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.TensorView;
import io.github.smalti.core.layer.Linear;
import io.github.smalti.dvae.CodecOptions;
import io.github.smalti.dvae.ImageCodec;
import io.github.smalti.dvae.ImageCodecs;
import io.github.smalti.tokenizer.BartTokenizer;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Smalti as it is shipped: all processors, the widest vectors.
final class SmaltiPeer implements Peer {
    @Override
    public String describe() {
        return "Smalti, " + Compute.shared().team().size() + " threads, " + System.getProperty("java.vm.version");
    }

    @Override
    public Work open(String[] words) throws Exception {
        return switch (words[0]) {
            case "A" -> new Products(Product.parse(words));
            case "B", "C", "H" -> {
                StepNetwork network = StepNetwork.of(words);
                yield StepWork.of(new BartWorks.Step(precision(words[1]), network), network, words);
            }
            case "D" -> new BartWorks.Encode(precision(words[1]), words[2]);
            case "F" -> new Embed(precision(words[1]), words[2].equals("images"));
            case "E" -> new Decode(precision(words[1]), words[2], Integer.parseInt(words[3]));
            case "G" -> switch (words[2]) {
                case "dvae", "gumbel" -> new Decode(precision(words[1]), words[2], Integer.parseInt(words[3]));
                default -> {
                    RuDalleNetwork network = RuDalleNetwork.of(words[2]);
                    yield StepWork.of(new RuDalleStep(precision(words[1]), network), network, words);
                }
            };
            case "I" -> new Tokenize();
            default -> throw new UnsupportedOperationException("no such workload");
        };
    }

    static Precision precision(String dtype) {
        for (Precision precision : Precision.values()) {
            if (precision.name().equalsIgnoreCase(dtype)) return precision;
        }
        throw new UnsupportedOperationException("no precision " + dtype);
    }

    private static final class Products implements Work {
        private final Arena arena = Arena.ofShared();
        private final Linear[] layers;
        private final float[] x;
        private final int rows;
        private final float[] out;

        Products(Product product) {
            Precision precision = precision(product.dtype());
            layers = new Linear[product.copies()];
            for (int i = 0; i < layers.length; i++) {
                TensorView weight = TensorView.contiguous(DType.F32, new long[]{product.outputs(), product.inputs()},
                        MemorySegment.ofArray(product.weight(i)));
                layers[i] = new Linear(Compute.shared(), PackedMatrix.pack(arena, precision, weight), null);
            }
            x = product.input();
            rows = product.rows();
            out = new float[rows * product.outputs()];
        }

        @Override
        public float run() {
            for (Linear layer : layers) layer.forward(x, rows, out);
            return out[0];
        }

        @Override
        public float[] outputs() { return out; }

        @Override
        public void close() { arena.close(); }
    }

    /// Captions to ids, one after the other.
    private static final class Tokenize implements Work {
        private final BartTokenizer tokenizer = BartTokenizer.read(Captions.vocabulary());
        private final List<String> captions = Captions.all();
        private final int[][] ids = new int[captions.size()][];

        @Override
        public float run() {
            for (int i = 0; i < ids.length; i++) ids[i] = tokenizer.encodeAll(captions.get(i));
            return ids[0][0];
        }

        @Override
        public float[] outputs() { return Captions.outputs(ids); }
    }

    /// Codes to pixels, one picture after the other.
    private static final class Decode implements Work {
        private final ImageCodec codec;
        private final PictureCodes grids;
        private final int[][] codes;
        private final float[][] pixels;

        Decode(Precision precision, String model, int pictures) {
            if (precision != Precision.F32) throw new UnsupportedOperationException("pictures in float32 only");
            codec = ImageCodecs.load(Network.folder(model), Compute.shared(), CodecOptions.DECODER_ONLY);
            grids = new PictureCodes(pictures, codec.gridRows(), codec.codebookSize());
            codes = grids.each();
            pixels = new float[pictures][];
        }

        @Override
        public float run() {
            for (int i = 0; i < pixels.length; i++) {
                pixels[i] = codec.decode(codes[i], grids.side(), grids.side()).values();
            }
            return pixels[0][0];
        }

        @Override
        public float[] outputs() { return Numbers.joined(pixels); }

        @Override
        public void close() { codec.close(); }
    }

    /// A tower of CLIP.
    private static final class Embed implements Work {
        private final TowerAccess towers;
        private final List<float[]> pictures = new ArrayList<>();
        private final List<int[]> texts = new ArrayList<>();
        private float[][] embeddings;

        Embed(Precision precision, boolean images) {
            towers = new TowerAccess(Network.folder("clip").resolve("model.safetensors"), precision);
            for (int i = 0; i < ClipNetwork.BATCH; i++) {
                if (images) pictures.add(picture(i));
                else
                    texts.add(text(i));
            }
        }

        /// The planes of a picture as pixels.
        private static float[] picture(int i) {
            int count = ClipNetwork.SIDE * ClipNetwork.SIDE;
            float[] planes = ClipNetwork.planes();
            float[] pixels = new float[3 * count];
            for (int j = 0; j < pixels.length; j++) pixels[j] = planes[(i * 3 + j % 3) * count + j / 3];
            return pixels;
        }

        private static int[] text(int i) {
            int[] ids = new int[ClipNetwork.CONTEXT];
            for (int j = 0; j < ids.length; j++) ids[j] = (int) ClipNetwork.ids()[i * ids.length + j];
            return ids;
        }

        @Override
        public float run() {
            embeddings = pictures.isEmpty() ? towers.texts(texts) : towers.images(pictures);
            return embeddings[0][0];
        }

        @Override
        public float[] outputs() { return Numbers.joined(embeddings); }

        @Override
        public void close() { towers.close(); }
    }
}
