package io.github.smalti.core.kernel;

/// Activation functions of the model families.
public enum Activation {
    /// x.
    IDENTITY,
    /// Exact GELU: x/2 · (1 + erf(x/√2)).
    GELU,
    /// x · sigmoid(1.702 x), CLIP's approximation of GELU.
    QUICK_GELU,
    /// x · sigmoid(x), also called SiLU.
    SWISH,
    /// max(x, 0); NaN stays NaN.
    RELU;

    /// The factor that CLIP's QuickGELU gives to the sigmoid's argument.
    static final float QUICK_GELU_FACTOR = 1.702f;

    /// The function of one value: the scalar twin of the vector kernels.
    ///
    /// @param x a value
    /// @return the activation
    public float apply(float x) {
        return switch (this) {
            case IDENTITY -> x;
            case GELU -> 0.5f * x * (1f + Erf.erf(x * Erf.SQRT_HALF));
            case QUICK_GELU -> x / (1f + Exp.exp(-QUICK_GELU_FACTOR * x));
            case SWISH -> x / (1f + Exp.exp(-x));
            case RELU -> Math.max(x, 0f);
        };
    }
}
