package io.github.smalti.core.kernel;

/// Activation functions of the model families.
public enum Activation {
    /// x.
    IDENTITY,
    /// Exact GELU: x/2 · (1 + erf(x/√2)).
    GELU,
    /// x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))), the approximation of GPT-2 and ruDALL-E; computed as x · sigmoid(2u)
    /// for tanh's argument u, which is the same.
    GELU_TANH,
    /// x · sigmoid(1.702 x), CLIP's approximation of GELU.
    QUICK_GELU,
    /// x · sigmoid(x), also called SiLU.
    SWISH,
    /// max(x, 0); NaN stays NaN.
    RELU;

    /// 2 · √(2/π): tanh(u) is 2 · sigmoid(2u) − 1.
    static final float GELU_TANH_FACTOR = 1.5957691216f;
    static final float GELU_TANH_CUBE = 0.044715f;
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
            case GELU_TANH -> x / (1f + Exp.exp(x * (-GELU_TANH_FACTOR * Math.fma(GELU_TANH_CUBE * x, x, 1f))));
            case QUICK_GELU -> x / (1f + Exp.exp(-QUICK_GELU_FACTOR * x));
            case SWISH -> x / (1f + Exp.exp(-x));
            case RELU -> Math.max(x, 0f);
        };
    }
}
