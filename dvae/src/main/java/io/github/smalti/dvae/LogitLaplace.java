package io.github.smalti.dvae;

/// The logit-Laplace distribution, by which OpenAI's dVAE models a sample of a pixel, and the map of pixels into its
/// range.
///
/// | | formula |
/// |---|---|
/// | density on 0 < x < 1 | exp(-abs(logit x - μ) / b) / (2b x (1 - x)) |
/// | φ, from 0..1 to ε..1 - ε | (1 - 2ε) x + ε |
/// | pixel drawn | φ⁻¹(sigmoid μ), clipped to 0..1; b is left out |
///
/// φ keeps bytes away from 0 and 1, where the density has poles. The decoder gives μ and ln b of every sample.
/// Source: Ramesh et al., "Zero-shot text-to-image generation", arXiv 2102.12092, appendix A.3 (equation 2, and ε);
/// `dall_e/utils.py` of openai/DALL-E @ 5be4b23.
public final class LogitLaplace {
    /// ε: how far φ keeps pixels away from 0 and 1.
    public static final double EPSILON = 0.1;

    private static final float OFFSET = (float) EPSILON;
    private static final float FACTOR = (float) (1 - 2 * EPSILON);

    private LogitLaplace() {}

    /// φ: the encoder's input for a sample.
    ///
    /// @param sample 0..1; byte v is v / 255
    /// @return ε..1 - ε
    public static float map(float sample) { return FACTOR * sample + OFFSET; }

    /// φ⁻¹: the sample of a mapped one.
    ///
    /// @param mapped any number; ε..1 - ε gives back what was mapped
    /// @return 0..1, clipped
    public static float inverse(float mapped) { return (float) inverse((double) mapped); }

    /// The sample that is drawn for a decoder's output: φ⁻¹ of the distribution's median.
    ///
    /// @param mean μ, any number
    /// @return 0..1
    public static float sample(float mean) { return (float) inverse(1 / (1 + StrictMath.exp(-mean))); }

    private static double inverse(double mapped) {
        return Math.clamp((mapped - EPSILON) / (1 - 2 * EPSILON), 0.0, 1.0);
    }

    /// The probability density of a mapped sample.
    ///
    /// @param x     a mapped sample, 0 < x < 1
    /// @param mean  μ: the logit of the median
    /// @param scale b, above 0
    /// @return the density
    public static double density(double x, double mean, double scale) {
        return StrictMath.exp(-Math.abs(logit(x) - mean) / scale) / (2 * scale * x * (1 - x));
    }

    /// The loss of a mapped sample: the negative logarithm of [#density].
    ///
    /// @param x        a mapped sample, 0 < x < 1
    /// @param mean     μ
    /// @param logScale ln b, as the decoder gives it
    /// @return nats
    public static double negativeLogLikelihood(double x, double mean, double logScale) {
        return StrictMath.log(2 * x * (1 - x)) + logScale + Math.abs(logit(x) - mean) * StrictMath.exp(-logScale);
    }

    private static double logit(double x) { return StrictMath.log(x) - StrictMath.log1p(-x); }
}
