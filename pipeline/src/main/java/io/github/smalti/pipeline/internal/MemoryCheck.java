package io.github.smalti.pipeline.internal;

import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.NativeMemoryException;
import io.github.smalti.core.Precision;
import io.github.smalti.dvae.ImageCodecs;
import io.github.smalti.pipeline.GenerationOptions;
import io.github.smalti.pipeline.LoadOptions;
import io.github.smalti.pipeline.ModelPaths;
import io.github.smalti.pipeline.NotEnoughMemoryException;
import io.github.smalti.transformer.CodeGenerators;
import java.io.File;
import java.nio.file.Path;
import java.util.Locale;

/// Refuses what cannot fit into memory before it is allocated, and says what would.
///
/// What fits only if nobody else takes memory meanwhile is let through; [#failed] turns what then happens into the same
/// exception.
public final class MemoryCheck {
    private static final int DEFAULT_BATCH = 8;
    /// A weight of 16 bits becomes one of 32, and a kernel of 9 numbers 36 frequencies.
    private static final int MOST_CODEC_GROWTH = 8;
    private static final int MOST_CLIP_GROWTH = 2;

    private final MemoryLimits limits;

    /// Checks against limits.
    ///
    /// @param limits what there is now
    public MemoryCheck(MemoryLimits limits) { this.limits = limits; }

    /// Refuses a model whose weights cannot fit.
    ///
    /// @param paths   where its parts lie
    /// @param options how it shall be loaded
    /// @throws NotEnoughMemoryException if they cannot
    public void requireWeights(ModelPaths paths, LoadOptions options) {
        if (limits.nativeBytes() == Long.MAX_VALUE) return;
        long transformer = transformer(paths, options.precision());
        long codecFiles = fileBytes(paths.vqgan());
        long clipFiles = paths.clip() == null ? 0 : fileBytes(paths.clip());
        long most = transformer + MOST_CODEC_GROWTH * codecFiles + MOST_CLIP_GROWTH * clipFiles;
        if (most <= limits.nativeBytes()) return;
        long codec = ImageCodecs.plan(paths.vqgan(), Stages.codecOptions(options)).weightBytes();
        long needed = transformer + codec;
        if (needed <= limits.nativeBytes()) return;
        String advice = "end other programs or take a smaller model";
        for (Precision smaller : Precision.values()) {
            long other = transformer(paths, smaller) + codec;
            if (other < needed && other <= limits.nativeBytes()) {
                advice = "load it with --precision " + smaller.name().toLowerCase(Locale.ROOT) + ", which needs "
                        + text(other);
                break;
            }
        }
        throw refused("the model's weights in " + options.precision(), needed, limits.nativeBytes(), nativeLimit(),
                advice);
    }

    private static long transformer(ModelPaths paths, Precision precision) {
        return CodeGenerators.plan(paths.dalle(), precision, 1, true).weightBytes();
    }

    private static long fileBytes(Path folderOrFile) {
        File[] files = folderOrFile.toFile().listFiles();
        if (files == null) return folderOrFile.toFile().length();
        long bytes = 0;
        for (File file : files) bytes += file.length();
        return bytes;
    }

    /// How many images are drawn at once: as many as asked for, else 8 or fewer if their cache or scratch would take much
    /// of what there is.
    ///
    /// @param stages  of the model
    /// @param options of the request
    /// @return images at once, at least 1
    /// @throws NotEnoughMemoryException if the request cannot fit
    public int batch(Stages stages, GenerationOptions options) {
        var request = new Request(stages, options);
        requireResults(request);
        int asked = options.batch();
        int batch = Math.min(request.images(), asked != 0 ? asked : DEFAULT_BATCH);
        while (asked == 0 && batch > 1 && !fits(request, batch, 4)) batch /= 2;
        if (fits(request, batch, 1)) return batch;
        int fitting = batch - 1;
        while (fitting > 0 && !fits(request, fitting, 1)) fitting /= 2;
        MemoryPlan plan = request.call(batch);
        long results = request.resultBytes(batch);
        String advice = fitting > 0
                ? "draw fewer images at once, such as --batch " + fitting
                : "load the model with --precision int8, or end other programs";
        long heap = results + plan.scratchBytes();
        if (heap > limits.heapBytes()) {
            throw refused("drawing " + batch + " images at once", heap, limits.heapBytes(), "the Java heap",
                    advice + ", or give a larger heap with -Xmx");
        }
        throw refused("drawing " + batch + " images at once", heap + plan.cacheBytes(), limits.nativeBytes(),
                nativeLimit(), advice);
    }

    private void requireResults(Request request) {
        long needed = request.resultBytes(1);
        if (needed <= limits.heapBytes()) return;
        long fitting = Math.max(1, limits.heapBytes() / 2 / request.pictureBytes());
        String option = request.keep() < request.images()
                ? "keep fewer of them, such as --keep "
                : "draw fewer images a "
                        + "call, such as --images ";
        throw refused(request.pictures(1) + " pictures in one call", needed, limits.heapBytes(), "the Java heap",
                option + fitting + ", or give a larger heap with -Xmx");
    }

    private boolean fits(Request request, int batch, int share) {
        MemoryPlan plan = request.call(batch);
        long heap = request.resultBytes(batch) + plan.scratchBytes();
        return heap <= limits.heapBytes() / share && plan.cacheBytes() + heap <= limits.nativeBytes() / share;
    }

    /// What a request needs.
    ///
    /// @param stages  of the model
    /// @param options of the request
    private record Request(Stages stages, GenerationOptions options) {
        int images() { return options.indexes().size(); }

        int keep() { return options.keep(); }

        /// Pictures that are there at the same time: the best so far and a batch.
        int pictures(int batch) { return Math.min(images(), keep() + batch); }

        int rows() { return options.shape().isOwn() ? stages.codec().gridRows() : options.shape().rows(); }

        int cols() { return options.shape().isOwn() ? stages.codec().gridCols() : options.shape().cols(); }

        long pictureBytes() {
            long side = stages.codec().pixelsPerCode();
            return 3L * Float.BYTES * rows() * cols() * side * side;
        }

        long resultBytes(int batch) { return pictures(batch) * pictureBytes(); }

        /// The largest stage of a call: each frees what it took before the next begins.
        MemoryPlan call(int batch) {
            MemoryPlan most = stages.generator().plan(batch, options.sampling().isGuided());
            MemoryPlan codec = options.shape().isSeamless()
                    ? SeamlessDecoding.plan(stages.codec(), rows(), cols())
                    : stages.codec().plan(rows(), cols());
            long cache = Math.max(most.cacheBytes(), codec.cacheBytes());
            long scratch = Math.max(most.scratchBytes(), codec.scratchBytes());
            if (stages.clip() != null) {
                MemoryPlan clip = stages.clip().plan(1);
                cache = Math.max(cache, clip.cacheBytes());
                scratch = Math.max(scratch, clip.scratchBytes());
            }
            return new MemoryPlan(0, 0, cache, scratch);
        }
    }

    /// Turns memory that ran out after all into the exception of a refused plan.
    ///
    /// @param what  what was being done
    /// @param fault an [OutOfMemoryError] or [NativeMemoryException]
    public static NotEnoughMemoryException failed(String what, Throwable fault) {
        if (fault instanceof NativeMemoryException e) {
            long left = MemoryLimits.ofSystem().nativeBytes();
            return new NotEnoughMemoryException(what + " ran out of memory: the system gave no " + text(e.bytes())
                    + " more, " + text(left) + " are available; draw fewer images at once (--batch 1), load the model "
                    + "with --precision int8, or end other programs", e.bytes(), left, e);
        }
        long heap = Runtime.getRuntime().maxMemory();
        return new NotEnoughMemoryException(what + " ran out of memory (" + fault.getMessage() + "): the Java heap is "
                + text(heap) + "; draw fewer images at once (--batch 1), or give a larger heap with -Xmx", 0, heap,
                fault);
    }

    private String nativeLimit() { return limits.nativeLimit(); }

    private static NotEnoughMemoryException refused(String what, long needed, long available, String where,
            String advice) {
        return new NotEnoughMemoryException(what + ": needs " + text(needed) + ", but " + where + " has only "
                + text(available) + "; " + advice, needed, available, null);
    }

    private static String text(long bytes) {
        if (bytes == Long.MAX_VALUE) return "an unknown amount";
        if (bytes < 1_000_000) return bytes + " bytes";
        return bytes >= 1_000_000_000
                ? String.format(Locale.ROOT, "%.1f GB", bytes / 1e9)
                : String.format(Locale.ROOT, "%.1f MB", bytes / 1e6);
    }
}
