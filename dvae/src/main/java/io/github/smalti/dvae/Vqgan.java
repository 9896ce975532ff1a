package io.github.smalti.dvae;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Pixels;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.FeatureMap;
import io.github.smalti.core.layer.SpareWorkspace;
import io.github.smalti.core.layer.Workspace;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.ModelConfig;
import io.github.smalti.weights.Weights;
import io.github.smalti.weights.WeightsException;
import java.nio.file.Path;

/// A VQGAN: the codec of DALL·E mini and mega, minDALL-E and ruDALL-E.
///
/// | | shape |
/// |---|---|
/// | codes | (gridRows, gridCols), row-major |
/// | pixels | (gridRows · p, gridCols · p, 3), p = 8 or 16 in published models |
///
/// It reads vqgan-jax folders (`config.json`, `flax_model.msgpack`), taming-transformers' Lightning checkpoints, Sber's
/// Gumbel f8 and the decoder-only `detoker.pt` of DALL·E mini's PyTorch port; see [CodecOptions] for their pixel ranges.
/// The same codes give the same bits whatever the number of threads or the width of vectors. Any grid may be drawn.
///
/// Source: Esser, Rombach, Ommer, "Taming transformers for high-resolution image synthesis", arXiv 2012.09841;
/// taming-transformers @ 3ba01b2. Immutable and thread-safe; owns native memory and a mapped file until [#close].
public final class Vqgan implements ImageCodec {
    private final VqganConfig config;
    private final PixelRange pixelRange;
    private final long fileBytes;
    private final Weights weights;
    private final VqganDecoder decoder;
    /// Null if there is none.
    private final VqganEncoder encoder;
    private final SpareWorkspace spare = new SpareWorkspace();
    private volatile boolean closed;

    private Vqgan(Opened opened) {
        this.config = opened.config();
        this.pixelRange = opened.pixelRange();
        this.fileBytes = opened.fileBytes();
        this.weights = opened.weights();
        this.decoder = new VqganDecoder(config, weights, opened.names().layout().normEps());
        this.encoder = opened.hasEncoder() ? new VqganEncoder(config, weights, opened.names()) : null;
    }

    /// A checkpoint whose tensors have not been read yet.
    private record Opened(Weights weights, VqganNames names, VqganConfig config, PixelRange pixelRange,
            boolean hasEncoder, long fileBytes) {}

    /// Loads a model with [CodecOptions#DEFAULT].
    ///
    /// @param folderOrFile a folder that holds a checkpoint, or a checkpoint; the configuration lies beside it
    /// @param compute      what to compute with; stays the caller's
    /// @return the model; the caller closes it
    /// @throws io.github.smalti.weights.WeightsException if a file is missing, damaged or of another shape
    public static Vqgan load(Path folderOrFile, Compute compute) {
        return load(folderOrFile, compute, CodecOptions.DEFAULT);
    }

    /// Loads a model.
    ///
    /// @param folderOrFile a folder that holds a checkpoint, or a checkpoint; the configuration lies beside it
    /// @param compute      what to compute with; stays the caller's
    /// @param options      what to load
    /// @return the model; the caller closes it
    /// @throws io.github.smalti.weights.WeightsException if a file is missing, damaged or of another shape
    public static Vqgan load(Path folderOrFile, Compute compute, CodecOptions options) {
        Opened opened = open(folderOrFile, compute, options);
        boolean loaded = false;
        try {
            var vqgan = new Vqgan(opened);
            loaded = true;
            return vqgan;
        } finally {
            if (!loaded) opened.weights().close();
        }
    }

    /// What a model and a picture of its training grid will need; reads configuration, names and shapes only.
    ///
    /// @param folderOrFile as for [#load]
    /// @return the plan
    /// @throws io.github.smalti.weights.WeightsException if a file is missing, damaged or of another shape
    public static MemoryPlan plan(Path folderOrFile) { return plan(folderOrFile, CodecOptions.DEFAULT); }

    /// What a model and a picture of its training grid will need; reads configuration, names and shapes only.
    ///
    /// @param folderOrFile as for [#load]
    /// @param options      as for [#load]
    /// @return the plan
    /// @throws io.github.smalti.weights.WeightsException if a file is missing, damaged or of another shape
    public static MemoryPlan plan(Path folderOrFile, CodecOptions options) {
        Opened opened = open(folderOrFile, Compute.shared(), options);
        try (Weights _ = opened.weights()) {
            int side = opened.config().gridSide();
            return VqganFootprint.plan(opened.config(), opened.hasEncoder(), opened.fileBytes(),
                    Compute.shared().team().size(), side, side);
        }
    }

    private static Opened open(Path folderOrFile, Compute compute, CodecOptions options) {
        VqganFiles files = VqganFiles.find(folderOrFile);
        ModelConfig sizes = files.readConfig();
        Checkpoint checkpoint = Checkpoints.open(files.checkpoint());
        Weights weights = null;
        boolean opened = false;
        try {
            VqganNames names = VqganNames.of(checkpoint);
            weights = new Weights(checkpoint, names::locate, compute, Precision.F32);
            VqganConfig config = sizes == null ? VqganShapes.infer(weights) : VqganConfig.read(sizes);
            VqganShapes.requireNothingBeyond(config, weights);
            PixelRange range = options.pixelRange() == null ? names.layout().pixelRange() : options.pixelRange();
            boolean hasEncoder = options.hasEncoder() && weights.has("encoder.conv_in.weight");
            var result = new Opened(weights, names, config, range, hasEncoder, files.checkpointBytes());
            opened = true;
            return result;
        } finally {
            if (!opened && weights != null) weights.close();
            if (!opened && weights == null) checkpoint.close();
        }
    }

    /// The model's sizes.
    public VqganConfig config() { return config; }

    /// The range of the network's pixels.
    public PixelRange pixelRange() { return pixelRange; }

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
        Workspace workspace = takeWorkspace(codes, gridRows, gridCols);
        FeatureMap raw = decoder.forward(codes, gridRows, gridCols, workspace);
        float[] values = raw.toPixels();
        workspace.giveBack(raw);
        spare.giveBack(workspace);
        boolean isFinite = true;
        for (int i = 0; i < values.length; i++) {
            isFinite &= Math.abs(values[i]) <= Float.MAX_VALUE;
            values[i] = pixelRange.toUnit(values[i]);
        }
        if (!isFinite) {
            throw new WeightsException(weights.file(), "",
                    "draws pixels that are not finite; the checkpoint is damaged, check its hash and fetch it again");
        }
        return new Pixels(raw.rows(), raw.cols(), values);
    }

    /// The decoder's output, (rows, cols, 3), not clipped.
    FeatureMap decodeRaw(int[] codes, int gridRows, int gridCols) {
        return decoder.forward(codes, gridRows, gridCols, takeWorkspace(codes, gridRows, gridCols));
    }

    /// Memory of one pass, after all that was asked for has been checked.
    private Workspace takeWorkspace(int[] codes, int gridRows, int gridCols) {
        checkOpen();
        VqganFootprint footprint = VqganFootprint.requireDrawable(config, gridRows, gridCols);
        CodeGrid.requireCodes(codes, gridRows, gridCols, config.codebookSize());
        return spare.take(weights.compute().team().size(), footprint.largestMap());
    }

    @Override
    public int[] encode(Pixels picture) {
        FeatureMap h = encoder().forward(networkInput(picture));
        return encoder.codes(encoder.latents(h));
    }

    /// The encoder, for every intermediate of [#encode].
    VqganEncoder encoder() {
        checkOpen();
        if (encoder == null) {
            throw new UnsupportedOperationException("this VQGAN was loaded without an encoder: it can draw codes, "
                    + "not find those of a picture");
        }
        return encoder;
    }

    /// A picture in the network's range.
    FeatureMap networkInput(Pixels picture) {
        int side = config.pixelsPerCode();
        CodeGrid.requirePicture(picture, side);
        VqganFootprint.requireDrawable(config, picture.rows() / side, picture.cols() / side);
        float[] values = picture.values().clone();
        for (int i = 0; i < values.length; i++) values[i] = pixelRange.fromUnit(values[i]);
        return FeatureMap.of(values, picture.rows(), picture.cols(), VqganConfig.PIXEL_CHANNELS);
    }

    @Override
    public MemoryPlan plan(int gridRows, int gridCols) {
        return VqganFootprint.plan(config, encoder != null, fileBytes, weights.compute().team().size(), gridRows,
                gridCols);
    }

    /// Bytes of packed weights, for comparison with the plan.
    long packedBytes() { return weights.packedBytes(); }

    private void checkOpen() {
        if (closed) throw new IllegalStateException("this VQGAN (" + weights.file() + ") is closed");
    }

    @Override
    public void close() {
        closed = true;
        weights.close();
    }
}
