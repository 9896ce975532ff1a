package io.github.smalti.transformer;

/// How a code is drawn from the logits; a value.
public sealed interface Sampling {
    /// The most likely code, the first of equals.
    record Greedy() implements Sampling {}

    /// A random code. In this order: logits / temperature, the k largest (those equal to the k-th stay), softmax, the
    /// most likely codes up to and including the one that crosses p (those equal to it stay), one draw.
    ///
    /// dalle-mini, ruDALL-E (`top_k_top_p_filtering` of transformers) and minDALL-E all sample in this order; where several
    /// codes are as likely as the one that crosses p, they keep some of them, as their sort has it.
    ///
    /// Temperature below 1 sharpens, above 1 flattens the distribution.
    ///
    /// @param temperature above 0
    /// @param topK        how many codes stay; 0 for all
    /// @param topP        which probability stays; 1 for all
    record Random(float temperature, int topK, float topP) implements Sampling {
        /// Checks the ranges.
        public Random {
            if (!(temperature > 0) || !Float.isFinite(temperature)) {
                throw new IllegalArgumentException("temperature: expected a number above 0, found " + temperature);
            }
            if (topK < 0) throw new IllegalArgumentException("top-k: expected 0 (off) or more, found " + topK);
            if (!(topP > 0) || topP > 1) {
                throw new IllegalArgumentException("top-p: expected a number above 0 up to 1 (off), found " + topP);
            }
        }
    }

    /// Greedy for temperature 0, else random.
    ///
    /// @param temperature 0 or more
    /// @param topK        how many codes stay; 0 for all
    /// @param topP        which probability stays; 1 for all
    /// @return the sampling
    static Sampling of(float temperature, int topK, float topP) {
        return temperature == 0 ? new Greedy() : new Random(temperature, topK, topP);
    }
}
