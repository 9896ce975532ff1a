package io.github.smalti.weights;

import io.github.smalti.core.TensorView;
import io.github.smalti.weights.internal.MappingFault;
import io.github.smalti.weights.internal.TensorBlocks;

/// What the values of one tensor are like.
///
/// @param min      the smallest value that is not NaN; NaN if there is none
/// @param max      the largest value that is not NaN; NaN if there is none
/// @param mean     the mean of those values, summed as float64 in the order of storage
/// @param nanCount values that are NaN
public record TensorStatistics(float min, float max, double mean, long nanCount) {
    /// Reads a tensor once, in blocks of 256 KiB; nothing of its size is allocated.
    ///
    /// @param tensor the tensor, of any type and strides; integers count as the nearest float32
    /// @param file   name of the file that it lies in, for messages
    /// @return its statistics
    /// @throws WeightsException if another process cuts the file meanwhile
    public static TensorStatistics of(TensorView tensor, String file) {
        Sum sum = MappingFault.guard(file, () -> {
            var all = new Sum();
            TensorBlocks.forEach(tensor, all::add);
            return all;
        });
        boolean isEmpty = sum.count == 0;
        return new TensorStatistics(isEmpty ? Float.NaN : sum.min, isEmpty ? Float.NaN : sum.max, sum.total / sum.count,
                sum.nanCount);
    }

    private static final class Sum {
        private float min = Float.POSITIVE_INFINITY;
        private float max = Float.NEGATIVE_INFINITY;
        private double total;
        private long count;
        private long nanCount;

        void add(float[] values, int length) {
            for (int i = 0; i < length; i++) {
                float value = values[i];
                if (value != value) {
                    nanCount++;
                    continue;
                }
                min = Math.min(min, value);
                max = Math.max(max, value);
                total += value;
                count++;
            }
        }
    }
}
