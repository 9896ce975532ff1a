package io.github.smalti.bench.peers;

/// Workload A: one or a few rows times a weight, the product that a token is made of.
///
/// A run multiplies the same rows by `copies` different weights one after the other: together they are far larger than
/// the caches, as the weights of a model are.
///
/// @param dtype   how weights are stored: f32, bf16 or int8
/// @param inputs  length of an input row
/// @param outputs length of an output row
/// @param rows    input rows
record Product(String dtype, int inputs, int outputs, int rows) {
    /// Bytes of all weights of one run.
    private static final long WORKING_SET = 96L << 20;

    /// Reads the words of a workload, `A f32 1024x16384 2`.
    static Product parse(String[] words) {
        String[] size = words[2].split("x");
        return new Product(words[1], Integer.parseInt(size[0]), Integer.parseInt(size[1]), Integer.parseInt(words[3]));
    }

    /// Different weights of one run.
    int copies() {
        int bytes = switch (dtype) {
            case "f32" -> 4;
            case "bf16" -> 2;
            case "int8" -> 1;
            default -> throw new IllegalArgumentException("no such dtype: " + dtype);
        };
        long size = (long) inputs * outputs * bytes;
        return size < 1 << 20 ? 2 : (int) Math.max(1, (WORKING_SET + size - 1) / size);
    }

    /// The weight of one copy, (outputs, inputs).
    float[] weight(int copy) { return Numbers.uniform(100 + copy, inputs * outputs, Math.sqrt(3.0 / inputs)); }

    /// The input, (rows, inputs).
    float[] input() { return Numbers.uniform(7, rows * inputs, Math.sqrt(3)); }

    /// The product with the last copy in double precision, (rows, outputs).
    float[] expected() {
        float[] x = input();
        float[] weight = weight(copies() - 1);
        float[] out = new float[rows * outputs];
        for (int row = 0; row < rows; row++) {
            for (int output = 0; output < outputs; output++) {
                double sum = 0;
                for (int k = 0; k < inputs; k++) sum += (double) x[row * inputs + k] * weight[output * inputs + k];
                out[row * outputs + output] = (float) sum;
            }
        }
        return out;
    }
}
