package io.github.smalti.core;

/// How hot weights lie in memory; sums are float32 in any case.
public enum Precision {
    /// 32-bit floats: exact for every published checkpoint.
    F32(4),
    /// The upper halves of 32-bit floats, rounded to nearest even: half the bytes a token reads.
    BF16(2),
    /// 8-bit integers with one scale per output column: a quarter of the bytes.
    INT8(1);

    private final int bytes;

    Precision(int bytes) {
        this.bytes = bytes;
    }

    /// Bytes of one weight.
    public int bytes() {
        return bytes;
    }
}
