package io.github.smalti.tools;

import io.github.smalti.core.Compute;
import io.github.smalti.dvae.CodecOptions;
import io.github.smalti.dvae.ImageCodec;
import io.github.smalti.dvae.ImageCodecs;
import io.github.smalti.pipeline.ModelPaths;
import io.github.smalti.weights.hub.ModelPart;
import java.nio.file.Path;
import java.util.function.Function;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Which image codec, for commands that need nothing else of a model.
final class CodecChoice {
    private static final int MOST_THREADS = 1024;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--model", paramLabel = "MODEL",
            description = "Folder with dalle/ and vqgan/, or a model that was pulled: dalle-mini, dalle-mega, "
                    + "hf:owner/name, wandb:... (see pull --help); its image codec is taken. Default: the embedded model.")
    private String model;

    @Option(names = "--vqgan", paramLabel = "PATH",
            description = "Folder or file of the image codec, or what was pulled: a VQGAN (DALL-E mini, minDALL-E, "
                    + "ruDALL-E, taming-transformers) or OpenAI's dVAE (decoder.pkl, encoder.pkl). Default: vqgan/ of the "
                    + "model.")
    private String vqgan;

    @Option(names = "--threads", paramLabel = "N", defaultValue = "0",
            description = "Threads that compute, 1 to 1024, or 0 for all processors; results are the same for any. "
                    + "Default: ${DEFAULT-VALUE}.")
    private int threads;

    /// Loads the codec, uses it, and closes it.
    ///
    /// @param options what to load
    /// @param use     what to do
    /// @param <T>     its result
    <T> T use(CodecOptions options, Function<ImageCodec, T> use) {
        if (threads < 0 || threads > MOST_THREADS) {
            throw new ParameterException(spec.commandLine(), "--threads: expected 0 to " + MOST_THREADS + ", found "
                    + threads);
        }
        Path path = path();
        Compute compute = threads == 0 ? Compute.shared() : Compute.withThreads(threads);
        try (ImageCodec codec = ImageCodecs.load(path, compute, options)) {
            return use.apply(codec);
        } finally {
            if (threads != 0) compute.team().close();
        }
    }

    private Path path() {
        Path own = PulledPaths.part(vqgan, ModelPart.CODEC);
        if (own != null) return own;
        return (model == null ? ModelPaths.embedded() : PulledPaths.of(model)).vqgan();
    }
}
