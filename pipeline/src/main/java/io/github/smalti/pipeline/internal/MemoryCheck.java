package io.github.smalti.pipeline.internal;

import io.github.smalti.core.MemoryPlan;
import io.github.smalti.core.NativeMemoryException;
import io.github.smalti.core.Precision;
import io.github.smalti.dvae.ImageCodec;
import io.github.smalti.dvae.ImageCodecs;
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

    /// What a call asks for.
    ///
    /// @param images all images that are drawn
    /// @param keep   how many of them stay
    /// @param batch  images at once, or 0 to choose
    /// @param guided whether there is an unconditional stream
    /// @param rows   rows of codes that are decoded for a picture
    /// @param cols   columns of codes that are decoded for a picture
    public record Call(int images, int keep, int batch, boolean guided, int rows, int cols) {
        /// Pictures that are held at once: those that are kept and those of a batch.
        long held(int batch) { return Math.min(images, (long) keep + batch); }
    }

    /// How many images are drawn at once: as many as asked for, else 8 or fewer if their cache or scratch would take much
    /// of what there is.
    ///
    /// @param stages of the model
    /// @param call   what is asked for
    /// @return images at once, at least 1
    /// @throws NotEnoughMemoryException if the request cannot fit
    public int batch(Stages stages, Call call) {
        requireResults(stages, call);
        int batch = Math.min(call.images, call.batch != 0 ? call.batch : DEFAULT_BATCH);
        while (call.batch == 0 && batch > 1 && !fits(stages, call, batch, 4)) batch /= 2;
        if (fits(stages, call, batch, 1)) return batch;
        int fitting = batch - 1;
        while (fitting > 0 && !fits(stages, call, fitting, 1)) fitting /= 2;
        String advice = fitting > 0
                ? "draw fewer images at once, such as --batch " + fitting
                : "load the model with --precision int8, or end other programs";
        MemoryPlan plan = plan(stages, call, batch);
        long heap = resultBytes(stages.codec(), call, call.held(batch)) + plan.scratchBytes();
        if (heap > limits.heapBytes()) {
            throw refused("drawing " + batch + " images at once", heap, limits.heapBytes(), "the Java heap",
                    advice + ", or give a larger heap with -Xmx");
        }
        throw refused("drawing " + batch + " images at once", heap + plan.cacheBytes(), limits.nativeBytes(),
                nativeLimit(), advice);
    }

    private void requireResults(Stages stages, Call call) {
        long held = call.held(1);
        long needed = resultBytes(stages.codec(), call, held);
        if (needed <= limits.heapBytes()) return;
        long fitting = Math.max(1, limits.heapBytes() / 2 / resultBytes(stages.codec(), call, 1));
        throw refused(held + " pictures in one call", needed, limits.heapBytes(), "the Java heap",
                "draw fewer images a call, such as --images " + fitting + ", keep fewer of them, such as --keep "
                        + fitting + ", or give a larger heap with -Xmx");
    }

    private boolean fits(Stages stages, Call call, int batch, int share) {
        MemoryPlan plan = plan(stages, call, batch);
        long heap = resultBytes(stages.codec(), call, call.held(batch)) + plan.scratchBytes();
        return heap <= limits.heapBytes() / share && plan.cacheBytes() + heap <= limits.nativeBytes() / share;
    }

    /// The largest stage of a call: each frees what it took before the next begins.
    private static MemoryPlan plan(Stages stages, Call call, int batch) {
        MemoryPlan most = stages.generator().plan(batch, call.guided);
        MemoryPlan codec = stages.codec().plan(call.rows, call.cols);
        long cache = Math.max(most.cacheBytes(), codec.cacheBytes());
        long scratch = Math.max(most.scratchBytes(), codec.scratchBytes());
        if (stages.clip() != null) {
            MemoryPlan clip = stages.clip().plan(1);
            cache = Math.max(cache, clip.cacheBytes());
            scratch = Math.max(scratch, clip.scratchBytes());
        }
        return new MemoryPlan(0, 0, cache, scratch);
    }

    private static long resultBytes(ImageCodec codec, Call call, long images) {
        long side = codec.pixelsPerCode();
        return images * 3L * Float.BYTES * call.rows * call.cols * side * side;
    }

    /// Refuses to find the codes of a picture that cannot fit.
    ///
    /// @param stages of the model
    /// @param rows   rows of codes
    /// @param cols   columns of codes
    /// @throws NotEnoughMemoryException if it cannot
    public void requireEncoding(Stages stages, int rows, int cols) {
        long needed = stages.codec().plan(rows, cols).scratchBytes();
        long available = Math.min(limits.heapBytes(), limits.nativeBytes());
        if (needed <= available) return;
        throw refused("finding the codes of a picture of " + rows + " x " + cols + " codes", needed, available,
                "the Java heap", "take a smaller size, or give a larger heap with -Xmx");
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
