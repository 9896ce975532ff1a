package io.github.smalti.tools;

import io.github.smalti.core.Compute;
import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.Precision;
import io.github.smalti.pipeline.LoadOptions;
import io.github.smalti.pipeline.ModelPaths;
import io.github.smalti.pipeline.TextToImage;
import io.github.smalti.weights.hub.ModelPart;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Which model, and how it is loaded.
final class ModelOptions {
    /// What the process takes without weights, cache and working space: classes, compiled code, the compiler's memory,
    /// tokenizers, and the young generation of 24 MiB that the launcher asks for.
    static final long JAVA_BYTES = 130_000_000;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--model", paramLabel = "MODEL",
            description = "Folder with dalle/, vqgan/ and, for ranking, clip/; or minDALL-E's archive (stage1_last.ckpt, "
                    + "stage2_last.ckpt, config.yaml, tokenizer/); or ruDALL-E's files (pytorch_model.bin, bpe.model, vqgan/); "
                    + "or a model that was pulled: dalle-mini, dalle-mega, hf:owner/name, wandb:... (see pull --help). "
                    + "Default: the embedded model.")
    private String model;

    @Option(names = "--dalle", paramLabel = "FOLDER",
            description = "Folder of the transformer and its tokenizer, or what was pulled. Default: dalle/ of the model.")
    private String dalle;

    @Option(names = "--vqgan", paramLabel = "PATH",
            description = "Folder or file of the image codec, or what was pulled. Default: vqgan/ of the model.")
    private String vqgan;

    @Option(names = "--clip", paramLabel = "PATH",
            description = "Folder or file of the CLIP that ranks, or what was pulled. Default: clip/ of the model.")
    private String clip;

    @Mixin
    private PrecisionOption precision;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "0",
            description = "Threads that compute, 1 to 1024, or 0 for all processors; pictures are the same for any. "
                    + "Default: ${DEFAULT-VALUE}.")
    private int threads;

    /// Whether the model is the embedded one in all parts.
    boolean isEmbedded() { return model == null && dalle == null && vqgan == null && clip == null; }

    /// Where the parts lie; the embedded model is unpacked if it must be.
    ModelPaths paths() {
        if (model == null && (dalle == null) != (vqgan == null)) {
            throw new ParameterException(spec.commandLine(), "--dalle and --vqgan belong together: give "
                    + (dalle == null ? "--dalle" : "--vqgan") + " as well, or --model");
        }
        Path ownDalle = PulledPaths.part(dalle, ModelPart.TRANSFORMER);
        Path ownVqgan = PulledPaths.part(vqgan, ModelPart.CODEC);
        Path ownClip = PulledPaths.part(clip, ModelPart.CLIP);
        if (ownDalle != null && ownVqgan != null && (ownClip != null || model == null)) {
            return new ModelPaths(ownDalle, ownVqgan, ownClip);
        }
        if (model != null) return PulledPaths.of(model, ownDalle, ownVqgan, ownClip);
        ModelPaths base = ModelPaths.embedded();
        return new ModelPaths(base.dalle(), base.vqgan(), ownClip != null ? ownClip : base.clip());
    }

    /// Where CLIP lies.
    Path clip() {
        Path found = clip != null ? PulledPaths.part(clip, ModelPart.CLIP) : paths().clip();
        if (found == null) throw new ToolException("the model has no clip/: name a CLIP with --clip");
        return found;
    }

    /// How it is loaded.
    LoadOptions load() { return load(precision.load().precision()); }

    /// How it is loaded in a given precision.
    ///
    /// @param other the precision
    LoadOptions load(Precision other) {
        try {
            return new LoadOptions(other, threads);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
        }
    }

    /// What stages that are used singly compute with; give it back by [#release].
    Compute compute() {
        int count = load().threads();
        return count == 0 ? Compute.shared() : Compute.withThreads(count);
    }

    /// Ends the threads of [#compute] if they are its own.
    ///
    /// @param compute as from there
    void release(Compute compute) { if (threads != 0) compute.team().close(); }

    /// Says what a model will need and refuses one that is larger than this machine; says nothing of the embedded one.
    ///
    /// @param terminal where to say it
    /// @param paths    the model's parts
    /// @param load     how they are loaded
    /// @param images   images drawn at once
    /// @param force    whether to go on in any case
    void checkMemory(Terminal terminal, ModelPaths paths, LoadOptions load, int images, boolean force) {
        if (isEmbedded()) return;
        MemoryPlan plan = TextToImage.plan(paths, load, images, true);
        long physical = physicalMemory();
        terminal.say("the model needs " + describe(plan) + "; this machine has " + Bytes.text(physical));
        if (!force) mustFit(plan, physical);
    }

    /// Refuses a model that is larger than the machine.
    ///
    /// @param plan     what it needs
    /// @param physical memory of the machine, bytes
    static void mustFit(MemoryPlan plan, long physical) {
        long needed = plan.anonymousBytes() + JAVA_BYTES;
        if (needed <= physical) return;
        throw new ToolException("the model needs " + Bytes.text(needed) + ", this machine has "
                + Bytes.text(physical)
                + ": take --precision bf16 or int8 or a smaller model, or --force to try anyway");
    }

    /// A plan in words.
    ///
    /// @param plan the plan
    static String describe(MemoryPlan plan) {
        return Bytes.text(plan.anonymousBytes() + JAVA_BYTES) + " of memory (weights " + Bytes.text(plan.weightBytes())
                + ", cache "
                + Bytes.text(plan.cacheBytes()) + ", working space " + Bytes.text(plan.scratchBytes())
                + ", Java " + Bytes.text(JAVA_BYTES) + ") and maps files of " + Bytes.text(plan.mappedBytes());
    }

    private static long physicalMemory() {
        return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class).getTotalMemorySize();
    }
}
