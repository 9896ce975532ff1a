package io.github.smalti.pipeline;

import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.NativeMemoryException;
import io.github.smalti.core.Raster;
import io.github.smalti.dvae.ImageCodec;
import io.github.smalti.pipeline.internal.CacheFolder;
import io.github.smalti.pipeline.internal.Covering;
import io.github.smalti.pipeline.internal.Fingerprint;
import io.github.smalti.pipeline.internal.Lifetime;
import io.github.smalti.pipeline.internal.MemoryCheck;
import io.github.smalti.pipeline.internal.Resources;
import io.github.smalti.pipeline.internal.Stages;
import io.github.smalti.pipeline.internal.WatchedFiles;
import io.github.smalti.transformer.GenerationCancelledException;
import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/// Draws pictures from a sentence and ranks them: a transformer draws codes, a codec turns them into pixels, CLIP says
/// which picture fits best.
///
/// ```java
/// try (var model = TextToImage.embedded()) {
///     for (RankedImage image : model.generate("a cat with a hat", options -> options.images(8).seed(7))) {
///         image.writePng(Path.of(image.rank() + ".png"));
///     }
/// }
/// ```
///
/// A picture depends on model, prompt, options and index alone: not on threads, batches, vector width, or who else uses
/// the model. Thread-safe; calls share the weights and have all else to themselves. The model owns the weights' memory
/// until [#close].
public final class TextToImage implements AutoCloseable {
    private final Stages stages;
    private final ModelInfo info;
    private final WatchedFiles files;
    private final Resources resources;
    private final Lifetime lifetime;

    TextToImage(Stages stages, ModelInfo info) { this(stages, info, WatchedFiles.NONE, Resources.ofSystem()); }

    TextToImage(Stages stages, ModelInfo info, WatchedFiles files, Resources resources) {
        this.stages = stages;
        this.info = info;
        this.files = files;
        this.resources = resources;
        this.lifetime = new Lifetime(info.name(), stages.release());
    }

    /// Loads the embedded model.
    ///
    /// @return the model; the caller closes it
    /// @throws ModelUnavailableException if the artifact `smalti-models` is missing or cannot be unpacked
    public static TextToImage embedded() { return embedded(LoadOptions.DEFAULT); }

    /// Loads the embedded model.
    ///
    /// @param options how
    /// @return the model; the caller closes it
    /// @throws ModelUnavailableException if the artifact `smalti-models` is missing or cannot be unpacked
    public static TextToImage embedded(LoadOptions options) { return load(ModelPaths.embedded(), options); }

    /// Loads a model from a folder with `dalle/`, `vqgan/` and, for ranking, `clip/`.
    ///
    /// @param folder the folder
    /// @return the model; the caller closes it
    /// @throws ModelUnavailableException if a part is missing
    public static TextToImage load(Path folder) { return load(folder, LoadOptions.DEFAULT); }

    /// Loads a model from a folder with `dalle/`, `vqgan/` and, for ranking, `clip/`.
    ///
    /// @param folder  the folder
    /// @param options how
    /// @return the model; the caller closes it
    /// @throws ModelUnavailableException if a part is missing
    public static TextToImage load(Path folder, LoadOptions options) { return load(ModelPaths.of(folder), options); }

    /// Loads a model from its parts.
    ///
    /// @param paths where they lie
    /// @return the model; the caller closes it
    public static TextToImage load(ModelPaths paths) { return load(paths, LoadOptions.DEFAULT); }

    /// Loads a model from its parts.
    ///
    /// @param paths   where they lie
    /// @param options how
    /// @return the model; the caller closes it
    /// @throws io.github.smalti.weights.WeightsException     if a checkpoint or configuration is missing or damaged
    /// @throws io.github.smalti.tokenizer.TokenizerException if a vocabulary is missing or damaged
    /// @throws ModelMismatchException                        if the parts belong to different models
    /// @throws NotEnoughMemoryException                      if the weights cannot fit; nothing was allocated
    /// @throws GenerationCancelledException                  if the thread was interrupted, which it stays
    public static TextToImage load(ModelPaths paths, LoadOptions options) {
        return load(paths, options, new Cancellation());
    }

    /// Loads a model from its parts, unless another thread ends that.
    ///
    /// @param paths        where they lie
    /// @param options      how
    /// @param cancellation a switch that ends loading within one tensor
    /// @return the model; the caller closes it
    /// @throws GenerationCancelledException if loading was cancelled; all else as for [#load(ModelPaths, LoadOptions)]
    public static TextToImage load(ModelPaths paths, LoadOptions options, Cancellation cancellation) {
        return load(paths, options, cancellation, Resources.ofSystem());
    }

    static TextToImage load(ModelPaths paths, LoadOptions options, Cancellation cancellation, Resources resources) {
        WatchedFiles files = WatchedFiles.of(paths);
        Stages stages;
        try {
            stages = Stages.load(paths, options, cancellation, resources);
        } catch (InternalError e) {
            throw mappingFault(e, files);
        }
        boolean isLoaded = false;
        try {
            files.requireUnchanged();
            var model = new TextToImage(stages, info(paths, options), files, resources);
            isLoaded = true;
            return model;
        } finally {
            if (!isLoaded) stages.release().run();
        }
    }

    private static ModelInfo info(ModelPaths paths, LoadOptions options) {
        String name = Stages.name(paths);
        Map<String, Path> drawing = new LinkedHashMap<>();
        drawing.put("dalle", paths.dalle());
        drawing.put("vqgan", paths.vqgan());
        try {
            String sha256 = new Fingerprint(CacheFolder.ofSystem()).of(drawing);
            return new ModelInfo(name, sha256, options.precision());
        } catch (IOException e) {
            throw new ModelUnavailableException(name + ": the files cannot be read (" + e.getMessage() + ")", e);
        }
    }

    /// Name, hash and precision of the model.
    public ModelInfo info() { return info; }

    /// The settings that hold unless options say otherwise: the model's own, else those of its family's notebook.
    public SamplingSettings sampling() { return stages.sampling(); }

    /// Whether images are ranked: whether the model has CLIP.
    public boolean ranks() { return stages.clip() != null; }

    /// Options that start from the model's own settings.
    public GenerationOptions.Builder options() { return GenerationOptions.builder(sampling()); }

    /// Draws and ranks 8 images with the model's own settings and a new seed.
    ///
    /// @param prompt what to draw; a blank one draws anything
    /// @return the images, best first
    public GeneratedImages generate(String prompt) { return generate(prompt, options().build()); }

    /// Draws and ranks images.
    ///
    /// @param prompt what to draw; a blank one draws anything
    /// @param choose sets what shall differ from the model's own settings
    /// @return the images, best first
    /// @throws IllegalArgumentException     if an option is out of its range
    /// @throws GenerationCancelledException if the call was cancelled, or its thread interrupted
    /// @throws ModelClosedException         if the model is or gets closed
    public GeneratedImages generate(String prompt, Consumer<GenerationOptions.Builder> choose) {
        var builder = options();
        choose.accept(builder);
        return generate(prompt, builder.build());
    }

    /// Draws and ranks images.
    ///
    /// @param prompt  what to draw; a blank one draws anything. At most 65,536 characters are read, and of these as many
    ///                tokens as the model takes; [GeneratedImages#warnings] quotes what was cut
    /// @param options how many, and how
    /// @return the images, best first
    /// @throws IllegalArgumentException                 if the image prompt does not fit the model
    /// @throws GenerationCancelledException             if the call was cancelled, or its thread interrupted, which it
    ///                                                  stays
    /// @throws ModelClosedException                     if the model is or gets closed
    /// @throws NotEnoughMemoryException                 if the request cannot fit, before anything is allocated, or if
    ///                                                  memory ran out after all
    /// @throws io.github.smalti.weights.WeightsException if another process wrote into the model's files; the model is
    ///                                                  closed then
    /// @throws io.github.smalti.transformer.GenerationException if the weights give numbers that are not finite
    public GeneratedImages generate(String prompt, GenerationOptions options) {
        lifetime.enter();
        try {
            var memory = new MemoryCheck(resources.limits().get());
            GeneratedImages images = new Generation(stages, info, prompt, options, memory, lifetime::isClosed).run();
            requireUnchangedFiles();
            return images;
        } catch (GenerationCancelledException e) {
            if (lifetime.isClosed()) throw new ModelClosedException(info.name());
            throw e;
        } catch (OutOfMemoryError | NativeMemoryException e) {
            throw MemoryCheck.failed("the request", e);
        } catch (InternalError e) {
            if (WatchedFiles.isMappingFault(e)) close();
            throw mappingFault(e, files);
        } finally {
            lifetime.exit();
        }
    }

    private void requireUnchangedFiles() {
        try {
            files.requireUnchanged();
        } catch (WeightsException e) {
            close();
            throw e;
        }
    }

    /// What the caller is told of an error that may say that a mapped file was cut.
    private static RuntimeException mappingFault(InternalError e, WatchedFiles files) {
        if (WatchedFiles.isMappingFault(e)) return files.lost(e);
        throw e;
    }

    /// Rows of codes of a picture in the model's own shape.
    public int gridRows() { return stages.generator().gridRows(); }

    /// Columns of codes of a picture in the model's own shape.
    public int gridCols() { return stages.generator().gridCols(); }

    /// Pixel rows, and columns, that a code stands for.
    public int pixelsPerCode() { return stages.codec().pixelsPerCode(); }

    /// Codes of a picture, for an [io.github.smalti.transformer.ImagePrompt].
    ///
    /// The picture's short side is resized (bicubic) so that the picture covers the shape, and what is more at the sides is
    /// cut off in equal parts.
    ///
    /// @param picture any picture; transparency is dropped
    /// @param shape   the shape that will be drawn
    /// @return (rows, cols) codes, row-major
    /// @throws UnsupportedOperationException if the codec was loaded without its encoder, see [LoadOptions#withEncoder], or
    ///                                       has none
    /// @throws ModelClosedException          if the model is closed
    public int[] encode(Raster picture, PictureShape shape) {
        lifetime.enter();
        try {
            ImageCodec codec = stages.codec();
            int rows = (shape.isOwn() ? gridRows() : shape.rows()) * codec.pixelsPerCode();
            int cols = (shape.isOwn() ? gridCols() : shape.cols()) * codec.pixelsPerCode();
            return codec.encode(ImageFiles.toPixels(Covering.of(picture, rows, cols)));
        } finally {
            lifetime.exit();
        }
    }

    /// Draws an image again.
    ///
    /// @param record how it was made, see [ImageRecord#read]
    /// @return the same image, bit for bit
    /// @throws ModelMismatchException if another model or precision made it
    public RankedImage replay(ImageRecord record) {
        ModelInfo made = record.model();
        if (!made.sha256().equals(info.sha256()) || made.precision() != info.precision()) {
            throw new ModelMismatchException("the image was made by the model " + made.name() + " (" + made.precision()
                    + ", " + made.sha256() + "), this is " + info.name() + " (" + info.precision() + ", "
                    + info.sha256() + "): load that one");
        }
        var options = new GenerationOptions.Builder(record.sampling()).seed(record.seed()).indexes(record.index())
                .negativePrompt(record.negativePrompt()).imagePrompt(record.imagePrompt()).shape(record.shape());
        return generate(record.prompt(), options.build()).getFirst();
    }

    /// What the model holds and what a call needs, all in all.
    ///
    /// @param images images drawn at once
    /// @param guided whether guidance is other than 1
    /// @return bytes; known without allocating them
    public MemoryPlan plan(int images, boolean guided) { return stages.plan(images, guided); }

    /// What a model would hold and what a call would need, before it is loaded.
    ///
    /// Transformer and codec, the largest parts, are not loaded for this; CLIP is for a moment.
    ///
    /// @param paths   where the parts lie
    /// @param options how it would be loaded
    /// @param images  images drawn at once
    /// @param guided  whether guidance is other than 1
    /// @return bytes, the same as [#plan(int, boolean)] of the loaded model
    public static MemoryPlan plan(ModelPaths paths, LoadOptions options, int images, boolean guided) {
        return Stages.plan(paths, options, images, guided);
    }

    /// Frees the weights. Calls that run end with [ModelClosedException], the last of them frees; closing twice has no
    /// effect. Images that were drawn stay valid.
    @Override
    public void close() { lifetime.close(); }
}
