package io.github.smalti.dvae;

/// What may be chosen when a [Vqgan] is loaded.
///
/// @param pixelRange  the range of the network's pixels, or null for what the layout implies:
///                    [PixelRange#ZERO_TO_ONE] for Flax folders and the PyTorch port's `detoker.pt` (DALL·E mini),
///                    [PixelRange#MINUS_ONE_TO_ONE] for taming-transformers' and ruDALL-E's checkpoints. Set it for a
///                    checkpoint that was converted from the other layout
/// @param hasEncoder whether to load the encoder if the file holds one; drawing does not need it
public record VqganOptions(PixelRange pixelRange, boolean hasEncoder) {
    /// The layout's pixel range, with the encoder.
    public static final VqganOptions DEFAULT = new VqganOptions(null, true);

    /// The layout's pixel range, for drawing alone: 134 of 304 MB of weights less in DALL·E mini.
    public static final VqganOptions DECODER_ONLY = new VqganOptions(null, false);
}
