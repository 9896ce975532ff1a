package io.github.smalti.dvae;

import static io.github.smalti.dvae.OpenAiDvaeConfig.PIXEL_CHANNELS;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Pixels;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.core.layer.SpareWorkspace;
import io.github.smalti.core.layer.Workspace;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.Weights;
import io.github.smalti.weights.WeightsException;
import java.nio.file.Path;

/// OpenAI's dVAE: the codec of the first DALL·E, whose decoder and encoder were published as two files.
///
/// | | shape |
/// |---|---|
/// | codes | (gridRows, gridCols), row-major, 0 … 8191 |
/// | pixels | (8 · gridRows, 8 · gridCols, 3) |
///
/// It reads the pickled modules `decoder.pkl` and `encoder.pkl`, of PyTorch's zip form and the older one, and their state
/// dicts as safetensors. Pixels pass through [LogitLaplace]; a code is the most likely one, without noise. The same codes
/// give the same bits whatever the number of threads or the width of vectors. Any grid may be drawn.
///
/// Source: Ramesh et al., "Zero-shot text-to-image generation", arXiv 2102.12092, section 2.1 and appendix A;
/// openai/DALL-E @ 5be4b23. Immutable and thread-safe; owns native memory and mapped files until [#close].
public final class OpenAiDvae implements ImageCodec {
    private final OpenAiDvaeConfig config;
    private final long fileBytes;
    private final Opened opened;
    private final OpenAiDvaeDecoder decoder;
    /// Null if there is none.
    private final OpenAiDvaeEncoder encoder;
    private final SpareWorkspace spare = new SpareWorkspace();
    private volatile boolean closed;

    private OpenAiDvae(Opened opened) {
        this.config = opened.config();
        this.fileBytes = opened.fileBytes();
        this.opened = opened;
        this.decoder = new OpenAiDvaeDecoder(config, opened.decoder());
        this.encoder = opened.encoder() == null ? null : new OpenAiDvaeEncoder(config, opened.encoder());
    }

    /// Checkpoints whose tensors have not been read yet; the encoder's is null if it is not asked for or missing.
    private record Opened(Weights decoder, Weights encoder, OpenAiDvaeConfig config, long fileBytes)
            implements
                AutoCloseable {
        @Override
        public void close() {
            decoder.close();
            if (encoder != null) encoder.close();
        }
    }

    /// Loads a model with [CodecOptions#DEFAULT].
    ///
    /// @param folderOrFile a folder with `decoder.pkl` or `decoder.safetensors`, or one of the halves
    /// @param compute      what to compute with; stays the caller's
    /// @return the model; the caller closes it
    /// @throws WeightsException if a file is missing, damaged or of another shape
    public static OpenAiDvae load(Path folderOrFile, Compute compute) {
        return load(folderOrFile, compute, CodecOptions.DEFAULT);
    }

    /// Loads a model.
    ///
    /// @param folderOrFile a folder with `decoder.pkl` or `decoder.safetensors`, or one of the halves; the other lies
    ///                     beside it
    /// @param compute      what to compute with; stays the caller's
    /// @param options      what to load; a pixel range cannot be chosen
    /// @return the model; the caller closes it
    /// @throws WeightsException         if a file is missing, damaged or of another shape
    /// @throws IllegalArgumentException if the options have a pixel range
    public static OpenAiDvae load(Path folderOrFile, Compute compute, CodecOptions options) {
        Opened opened = open(folderOrFile, compute, options);
        boolean loaded = false;
        try {
            var codec = new OpenAiDvae(opened);
            loaded = true;
            return codec;
        } finally {
            if (!loaded) opened.close();
        }
    }

    /// What a model and a picture of its training grid will need; reads names and shapes only.
    ///
    /// @param folderOrFile as for [#load]
    /// @param options      as for [#load]
    /// @return the plan
    /// @throws WeightsException         if a file is missing, damaged or of another shape
    /// @throws IllegalArgumentException if the options have a pixel range
    public static MemoryPlan plan(Path folderOrFile, CodecOptions options) {
        Compute compute = Compute.shared();
        try (Opened opened = open(folderOrFile, compute, options)) {
            int side = opened.config().gridSide();
            return OpenAiDvaeFootprint.plan(opened.config(), opened.encoder() != null, opened.fileBytes(),
                    compute.team().size(), side, side);
        }
    }

    private static Opened open(Path folderOrFile, Compute compute, CodecOptions options) {
        if (options.pixelRange() != null) {
            throw new IllegalArgumentException("pixel range: expected none for OpenAI's dVAE, whose pixels pass through"
                    + " the logit-Laplace map, found " + options.pixelRange());
        }
        OpenAiDvaeFiles files = OpenAiDvaeFiles.find(folderOrFile);
        boolean hasEncoder = options.hasEncoder() && files.encoder() != null;
        Weights decoder = open(files.decoder(), compute);
        Weights encoder = null;
        boolean opened = false;
        try {
            OpenAiDvaeConfig config = OpenAiDvaeConfig.of(decoder);
            if (hasEncoder) {
                encoder = open(files.encoder(), compute);
                config.requireSameModel(encoder);
            }
            var result = new Opened(decoder, encoder, config, files.byteSize(hasEncoder));
            opened = true;
            return result;
        } finally {
            if (!opened) decoder.close();
            if (!opened && encoder != null) encoder.close();
        }
    }

    private static Weights open(Path file, Compute compute) {
        Checkpoint checkpoint = Checkpoints.open(file);
        boolean opened = false;
        try {
            OpenAiDvaeNames names = OpenAiDvaeNames.of(checkpoint);
            var weights = new Weights(checkpoint, names::locate, compute, Precision.F32);
            opened = true;
            return weights;
        } finally {
            if (!opened) checkpoint.close();
        }
    }

    /// The model's sizes.
    public OpenAiDvaeConfig config() { return config; }

    @Override
    public int codebookSize() { return config.codebookSize(); }

    @Override
    public int gridRows() { return config.gridSide(); }

    @Override
    public int gridCols() { return config.gridSide(); }

    @Override
    public int pixelsPerCode() { return config.pixelsPerCode(); }

    @Override
    public boolean canEncode() { return encoder != null; }

    @Override
    public Pixels decode(int[] codes, int gridRows, int gridCols) {
        check(codes, gridRows, gridCols);
        Workspace workspace = spare.take(opened.decoder().compute().team().size(), 0);
        FeatureMap raw = decoder.forward(codes, gridRows, gridCols, workspace);
        float[] values = new float[raw.rows() * raw.cols() * PIXEL_CHANNELS];
        boolean isFinite = true;
        int at = 0;
        for (int y = 0; y < raw.rows(); y++) {
            for (int x = 0; x < raw.cols(); x++) {
                for (int c = 0; c < PIXEL_CHANNELS; c++) {
                    float mean = raw.data()[raw.at(y, x) + c];
                    isFinite &= Math.abs(mean) <= Float.MAX_VALUE;
                    values[at++] = LogitLaplace.sample(mean);
                }
            }
        }
        workspace.giveBack(raw);
        spare.giveBack(workspace);
        if (!isFinite) {
            throw new WeightsException(opened.decoder().file(), "",
                    "draws pixels that are not finite; the checkpoint is damaged, check its hash and fetch it again");
        }
        return new Pixels(raw.rows(), raw.cols(), values);
    }

    /// The decoder's output, (rows, cols, 6): μ of red, green, blue, then ln b.
    FeatureMap decodeRaw(int[] codes, int gridRows, int gridCols) {
        check(codes, gridRows, gridCols);
        return decoder.forward(codes, gridRows, gridCols);
    }

    private void check(int[] codes, int gridRows, int gridCols) {
        checkOpen();
        OpenAiDvaeFootprint.requireDrawable(config, gridRows, gridCols);
        CodeGrid.requireCodes(codes, gridRows, gridCols, config.codebookSize());
    }

    /// {@inheritDoc}
    /// Each is the most likely one: the first of the largest logits.
    @Override
    public int[] encode(Pixels picture) {
        requireEncoder(picture);
        return encoder.codes(encoder.forward(networkInput(picture)), codeCount(picture));
    }

    /// The logits of all codes at every place of a picture's grid; `encode` takes their largest.
    ///
    /// @param picture values 0..1, rows and columns multiples of 8
    /// @return a new array (rows / 8, cols / 8, codebookSize); 32 MiB for 256×256 pixels and 8192 codes
    /// @throws IllegalArgumentException      if the picture does not divide into codes, or the logits fit no array
    /// @throws UnsupportedOperationException if the codec has no encoder
    /// @throws IllegalStateException         if the codec is closed
    public float[] logits(Pixels picture) {
        requireEncoder(picture);
        int count = codeCount(picture);
        int side = config.pixelsPerCode();
        CodeGrid.requireArray(picture.rows() / side, picture.cols() / side, (long) count * config.codebookSize());
        return encoder.logits(encoder.forward(networkInput(picture)), count);
    }

    private void requireEncoder(Pixels picture) {
        checkOpen();
        if (encoder == null) {
            throw new UnsupportedOperationException("this dVAE was loaded without an encoder: it can draw codes, not"
                    + " find those of a picture; put encoder.pkl beside decoder.pkl");
        }
        int side = config.pixelsPerCode();
        CodeGrid.requirePicture(picture, side);
        OpenAiDvaeFootprint.requireSeeable(config, picture.rows() / side, picture.cols() / side);
    }

    private int codeCount(Pixels picture) {
        int side = config.pixelsPerCode();
        return picture.rows() / side * (picture.cols() / side);
    }

    /// A picture as the encoder sees it.
    static FeatureMap networkInput(Pixels picture) {
        float[] values = picture.values().clone();
        for (int i = 0; i < values.length; i++) values[i] = LogitLaplace.map(values[i]);
        return FeatureMap.of(values, picture.rows(), picture.cols(), PIXEL_CHANNELS, OpenAiDvaeEncoder.BORDER);
    }

    @Override
    public MemoryPlan plan(int gridRows, int gridCols) {
        return OpenAiDvaeFootprint.plan(config, encoder != null, fileBytes,
                opened.decoder().compute().team().size(), gridRows, gridCols);
    }

    /// Bytes of packed weights, for comparison with the plan.
    long packedBytes() {
        return opened.decoder().packedBytes() + (encoder == null ? 0 : opened.encoder().packedBytes());
    }

    private void checkOpen() {
        if (closed) throw new IllegalStateException("this dVAE (" + opened.decoder().file() + ") is closed");
    }

    @Override
    public void close() {
        closed = true;
        opened.close();
    }
}
