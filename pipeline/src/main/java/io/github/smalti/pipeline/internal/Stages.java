package io.github.smalti.pipeline.internal;

import io.github.smalti.clip.Clip;
import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.NativeMemory;
import io.github.smalti.core.NativeMemoryException;
import io.github.smalti.dvae.CodecOptions;
import io.github.smalti.dvae.ImageCodec;
import io.github.smalti.dvae.ImageCodecs;
import io.github.smalti.pipeline.Cancellation;
import io.github.smalti.pipeline.LoadOptions;
import io.github.smalti.pipeline.ModelMismatchException;
import io.github.smalti.pipeline.ModelPaths;
import io.github.smalti.pipeline.NotEnoughMemoryException;
import io.github.smalti.pipeline.Preset;
import io.github.smalti.pipeline.SamplingSettings;
import io.github.smalti.tokenizer.Tokenizer;
import io.github.smalti.tokenizer.Tokenizers;
import io.github.smalti.transformer.CodeGenerator;
import io.github.smalti.transformer.CodeGenerators;
import io.github.smalti.transformer.GenerationCancelledException;
import io.github.smalti.transformer.MinDalle;
import io.github.smalti.transformer.PromptKind;
import io.github.smalti.transformer.RuDalle;
import java.nio.file.Path;

/// The loaded stages of a model; the one place that knows which family a folder holds.
///
/// @param tokenizer text to ids, or null if the model reads no text
/// @param generator ids to codes
/// @param codec     codes to pixels
/// @param clip      pictures and texts to scores, or null
/// @param sampling  the settings that the model or its family recommends
/// @param release   closes all of them
public record Stages(Tokenizer tokenizer, CodeGenerator generator, ImageCodec codec, Clip clip,
        SamplingSettings sampling, Runnable release) {
    /// Codes of a picture, roughly: what each weight is used for.
    private static final int CODES = 256;

    /// Checks that the codec can decode what the generator draws.
    ///
    /// @throws ModelMismatchException if codebooks or grids differ
    public Stages {
        if (codec.codebookSize() < generator.codebookSize()) {
            throw new ModelMismatchException("the transformer draws from " + generator.codebookSize()
                    + " codes, the image codec knows " + codec.codebookSize() + ": they belong to different models");
        }
        int cells = codec.gridRows() * codec.gridCols();
        if (cells != generator.codeCount()) {
            throw new ModelMismatchException("the transformer draws " + generator.codeCount()
                    + " codes a picture, the image codec's grid has " + codec.gridRows() + " x " + codec.gridCols()
                    + ": they belong to different models");
        }
    }

    /// Loads a model, its parts at the same time. What is open is closed again if a part fails.
    ///
    /// @param paths        where the parts lie
    /// @param options      how
    /// @param cancellation ends loading within one tensor, as interrupting the calling thread does
    /// @param resources    where memory comes from
    /// @throws GenerationCancelledException if loading was cancelled
    /// @throws NotEnoughMemoryException     if the weights cannot fit
    public static Stages load(ModelPaths paths, LoadOptions options, Cancellation cancellation, Resources resources) {
        var check = new LoadingCheck(cancellation);
        var opened = new Closing();
        try {
            check.mustGoOn();
            new MemoryCheck(resources.limits().get()).requireWeights(paths, options);
            Stages stages = load(paths, options, check.watch(resources.memory()), opened);
            check.mustGoOn();
            check.loaded();
            return stages;
        } catch (RuntimeException | Error e) {
            Throwable fault = e;
            if (check.isCancelled()) fault = check.cancelled();
            if (e instanceof OutOfMemoryError || e instanceof NativeMemoryException) {
                fault = MemoryCheck.failed("loading the model", e);
            }
            closeAll(opened, fault);
            if (fault instanceof Error error) throw error;
            throw (RuntimeException) fault;
        }
    }

    private static void closeAll(Closing opened, Throwable fault) {
        try {
            opened.run();
        } catch (RuntimeException | Error e) {
            if (fault != e) fault.addSuppressed(e);
        }
    }

    private static Stages load(ModelPaths paths, LoadOptions options, NativeMemory memory, Closing opened) {
        Compute compute = (options.threads() == 0 ? Compute.starting() : Compute.starting(options.threads()))
                .withMemory(memory);
        if (options.threads() != 0) opened.add(compute.team()::close);
        long weights = CodeGenerators.plan(paths.dalle(), options.precision(), 1, true).weightBytes();
        compute.kernels().expect(options.precision(), weights / 4 * CODES);
        Loading<ImageCodec> codec = Loading.start(
                () -> ImageCodecs.load(paths.vqgan(), compute, codecOptions(options)), ImageCodec::close);
        opened.add(codec::close);
        Loading<Clip> clip = paths.clip() == null
                ? null
                : Loading.start(() -> Clip.load(paths.clip(), compute, options.precision()), Clip::close);
        if (clip != null) opened.add(clip::close);
        CodeGenerator generator = CodeGenerators.load(paths.dalle(), compute, options.precision());
        opened.add(generator::close);
        Tokenizer tokenizer = generator.promptKind() == PromptKind.TEXT ? Tokenizers.read(paths.dalle()) : null;
        SamplingSettings sampling = SamplingFile.read(paths.dalle(), familyOf(generator).settings());
        return new Stages(tokenizer, generator, codec.get(), clip == null ? null : clip.get(), sampling, opened);
    }

    /// How a family's own programs draw.
    private static Preset familyOf(CodeGenerator generator) {
        return switch (generator) {
            case RuDalle _ -> Preset.RUDALLE;
            case MinDalle _ -> Preset.MINDALLE;
            default -> Preset.DALLE_MINI;
        };
    }

    /// What is loaded of the codec.
    static CodecOptions codecOptions(LoadOptions options) {
        return options.hasEncoder() ? CodecOptions.DEFAULT : CodecOptions.DECODER_ONLY;
    }

    /// What the stages hold and what a call needs.
    ///
    /// @param images images drawn at once
    /// @param guided whether there is an unconditional stream
    public MemoryPlan plan(int images, boolean guided) {
        MemoryPlan plan = generator.plan(images, guided).plus(codec.plan(codec.gridRows(), codec.gridCols()));
        return clip == null ? plan : plan.plus(clip.plan(1));
    }

    /// What a model would hold and what a call would need. Transformer and codec are not loaded; CLIP is, for as long as
    /// it is asked.
    ///
    /// @param paths   where the parts lie
    /// @param options how it would be loaded
    /// @param images  images drawn at once
    /// @param guided  whether there is an unconditional stream
    public static MemoryPlan plan(ModelPaths paths, LoadOptions options, int images, boolean guided) {
        MemoryPlan plan = CodeGenerators.plan(paths.dalle(), options.precision(), images, guided)
                .plus(ImageCodecs.plan(paths.vqgan(), codecOptions(options)));
        if (paths.clip() == null) return plan;
        try (Clip clip = Clip.load(paths.clip(), Compute.shared(), options.precision())) {
            return plan.plus(clip.plan(1));
        }
    }

    /// Name of a model by its folder: the folder's own, for a folder `dalle` the one above, for a snapshot of the model
    /// hub's cache the repository's.
    ///
    /// @param paths where the parts lie
    public static String name(ModelPaths paths) {
        Path folder = paths.dalle().toAbsolutePath().normalize();
        Path above = folder.getParent();
        if (above != null && above.endsWith("snapshots") && above.getParent() != null) {
            String repository = String.valueOf(above.getParent().getFileName());
            return repository.substring(repository.lastIndexOf("--") < 0 ? 0 : repository.lastIndexOf("--") + 2);
        }
        boolean part = folder.endsWith("dalle") && above != null && above.getFileName() != null;
        return String.valueOf((part ? above : folder).getFileName());
    }
}
