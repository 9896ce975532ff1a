package io.github.smalti.tools;

import io.github.smalti.core.Precision;
import io.github.smalti.pipeline.LoadOptions;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// How weights lie in memory.
final class PrecisionOption {
    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(names = "--precision", paramLabel = "f32|bf16|int8", defaultValue = "f32",
            description = "Weights in memory: f32 is exact; bf16 takes half the memory and int8 a quarter, and both "
                    + "draw other pictures. The VQGAN stays f32. "
                    + "Default: ${DEFAULT-VALUE}.")
    private Precision precision;

    /// How a model is loaded with it.
    LoadOptions load() { return LoadOptions.DEFAULT.withPrecision(precision); }

    /// A fault of the command that has this option.
    ///
    /// @param message what was expected and found
    ParameterException wrong(String message) { return new ParameterException(spec.commandLine(), message); }
}
