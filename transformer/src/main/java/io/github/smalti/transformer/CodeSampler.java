package io.github.smalti.transformer;

import io.github.smalti.core.CounterRandom;
import io.github.smalti.core.kernel.Kernels;
import java.util.Arrays;

/// Draws codes from logits; holds the scratch of one image, so that a token allocates nothing. Not thread-safe.
final class CodeSampler {
    private final Kernels kernels;
    private final int codes;
    private final float[] guided;
    /// The codes that are left, in the order of their ids, and their probabilities.
    private final int[] ids;
    private final float[] probabilities;
    /// Room for sorting.
    private final float[] order;
    private int count;

    /// Makes a sampler.
    ///
    /// @param kernels for the softmax
    /// @param codes   ids below this number may be drawn
    CodeSampler(Kernels kernels, int codes) {
        this.kernels = kernels;
        this.codes = codes;
        this.guided = new float[codes];
        this.ids = new int[codes];
        this.probabilities = new float[codes];
        this.order = new float[codes];
    }

    /// Mixes the streams' logits: `negative + scale · (prompt − negative)`.
    ///
    /// @param logits     all rows
    /// @param promptAt   first logit of the prompt's row
    /// @param negativeAt first logit of the other row, or -1 for the prompt's alone
    /// @param scale      guidance scale
    /// @return whether all of them are finite
    boolean guide(float[] logits, int promptAt, int negativeAt, float scale) {
        boolean finite = true;
        for (int i = 0; i < codes; i++) {
            float logit = logits[promptAt + i];
            if (negativeAt >= 0) {
                float negative = logits[negativeAt + i];
                logit = negative + scale * (logit - negative);
            }
            guided[i] = logit;
            finite &= Math.abs(logit) <= Float.MAX_VALUE;
        }
        return finite;
    }

    /// Draws a code from the guided logits.
    int draw(Sampling sampling, long seed, int image, int position) {
        return switch (sampling) {
            case Sampling.Greedy _ -> mostLikely();
            case Sampling.Random random -> {
                filter(random);
                yield pick(CounterRandom.uniform(seed, image, position));
            }
        };
    }

    /// What a random draw chooses from, by id; codes that are filtered out have probability 0.
    float[] distribution(Sampling.Random random) {
        filter(random);
        float[] out = new float[codes];
        double total = 0;
        for (int i = 0; i < count; i++) total += probabilities[i];
        for (int i = 0; i < count; i++) out[ids[i]] = (float) (probabilities[i] / total);
        return out;
    }

    private int mostLikely() {
        int best = 0;
        for (int i = 1; i < codes; i++) { if (guided[i] > guided[best]) best = i; }
        return best;
    }

    private void filter(Sampling.Random random) {
        float largest = guided[mostLikely()];
        for (int i = 0; i < codes; i++) {
            probabilities[i] = (guided[i] - largest) / random.temperature(); // at most 0: a tiny temperature is safe
        }
        float least = Float.NEGATIVE_INFINITY;
        if (random.topK() > 0 && random.topK() < codes) {
            System.arraycopy(probabilities, 0, order, 0, codes);
            least = select(order, codes, codes - random.topK());
        }
        for (int i = 0; i < codes; i++) ids[i] = i;
        keep(codes, least);
        kernels.softmaxInPlace(probabilities, 0, count);
        if (random.topP() < 1) keepLikely(random.topP());
    }

    private void keepLikely(float topP) {
        // Codes below this weigh less than 1 - p together, so none of them is needed and few are left to sort.
        float negligible = (1 - topP) / (2f * count);
        int candidates = 0;
        for (int i = 0; i < count; i++) { if (probabilities[i] >= negligible) order[candidates++] = probabilities[i]; }
        Arrays.sort(order, 0, candidates);
        double mass = 0;
        int crossing = candidates;
        while (crossing > 0 && mass < topP) mass += order[--crossing];
        keep(count, order[crossing]);
    }

    /// Keeps those of the first `n` codes whose value is not below the least.
    private void keep(int n, float least) {
        count = 0;
        for (int i = 0; i < n; i++) {
            if (probabilities[i] >= least) {
                ids[count] = ids[i];
                probabilities[count++] = probabilities[i];
            }
        }
    }

    private int pick(float uniform) {
        double total = 0;
        for (int i = 0; i < count; i++) total += probabilities[i];
        double target = uniform * total;
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += probabilities[i];
            if (target < sum) return ids[i];
        }
        return ids[count - 1];
    }

    /// The value that would stand at `index` if the first `n` values were sorted; reorders them (Hoare's quickselect).
    private static float select(float[] values, int n, int index) {
        int low = 0;
        int high = n - 1;
        while (low < high) {
            float pivot = values[low + high >>> 1];
            int i = low;
            int j = high;
            while (i <= j) {
                while (values[i] < pivot) i++;
                while (values[j] > pivot) j--;
                if (i <= j) {
                    float swapped = values[i];
                    values[i++] = values[j];
                    values[j--] = swapped;
                }
            }
            if (index <= j) {
                high = j;
            } else if (index >= i) {
                low = i;
            } else {
                break;
            }
        }
        return values[index];
    }
}
