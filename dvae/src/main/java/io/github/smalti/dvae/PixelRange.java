package io.github.smalti.dvae;

/// The numbers between which a codec was trained to see and draw a picture.
///
/// No checkpoint states its range; it follows from who published the layout, see [CodecOptions].
public enum PixelRange {
    /// 0..1 as it is: DALL·E mini's VQGAN.
    ZERO_TO_ONE {
        @Override
        float fromUnit(float value) { return value; }

        @Override
        float toUnit(float value) { return Math.clamp(value, 0f, 1f); }
    },
    /// -1..1: taming-transformers, minDALL-E, ruDALL-E.
    MINUS_ONE_TO_ONE {
        @Override
        float fromUnit(float value) { return 2f * value - 1f; }

        @Override
        float toUnit(float value) { return (Math.clamp(value, -1f, 1f) + 1f) / 2f; }
    };

    /// The encoder's input for a value in 0..1.
    abstract float fromUnit(float value);

    /// The value in 0..1 of a decoder's output.
    abstract float toUnit(float value);
}
