package io.github.smalti.core;

/// Philox4x32-10, a counter-based random generator: a pure function of key and counter.
///
/// A draw depends on (seed, image index, position) alone, never on draws before it; so image 3 of 8 equals image 3
/// alone, whatever the batch and the threads.
///
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. Stateless and thread-safe.
public final class CounterRandom {
    private static final int MULTIPLIER_0 = 0xD2511F53;
    private static final int MULTIPLIER_1 = 0xCD9E8D57;
    private static final int KEY_STEP_0 = 0x9E3779B9; // golden ratio
    private static final int KEY_STEP_1 = 0xBB67AE85; // sqrt(3) - 1
    private static final int ROUNDS = 10;
    private static final float TWO_POW_MINUS_24 = 0x1p-24f;

    private CounterRandom() {}

    /// A uniform number in [0, 1) with 24 random bits.
    ///
    /// @param seed     the request's seed
    /// @param image    index of the image within the request
    /// @param position position of the token within the image
    /// @return the number
    public static float uniform(long seed, int image, int position) {
        int[] counter = {position, image, 0, 0};
        philox(counter, (int) seed, (int) (seed >>> 32));
        return (counter[0] >>> 8) * TWO_POW_MINUS_24;
    }

    /// Replaces a counter of four words by four random words.
    ///
    /// @param counter the counter, overwritten by the result
    /// @param key0    low word of the key
    /// @param key1    high word of the key
    public static void philox(int[] counter, int key0, int key1) {
        int c0 = counter[0];
        int c1 = counter[1];
        int c2 = counter[2];
        int c3 = counter[3];
        int k0 = key0;
        int k1 = key1;
        for (int round = 0; round < ROUNDS; round++) {
            long product0 = (MULTIPLIER_0 & 0xffffffffL) * (c0 & 0xffffffffL);
            long product1 = (MULTIPLIER_1 & 0xffffffffL) * (c2 & 0xffffffffL);
            c0 = (int) (product1 >>> 32) ^ c1 ^ k0;
            c1 = (int) product1;
            c2 = (int) (product0 >>> 32) ^ c3 ^ k1;
            c3 = (int) product0;
            k0 += KEY_STEP_0;
            k1 += KEY_STEP_1;
        }
        counter[0] = c0;
        counter[1] = c1;
        counter[2] = c2;
        counter[3] = c3;
    }
}
