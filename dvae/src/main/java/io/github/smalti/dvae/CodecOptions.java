package io.github.smalti.dvae;

/// What may be chosen when an [ImageCodec] is loaded.
///
/// @param pixelRange the range of a [Vqgan]'s pixels, or null for what the layout implies:
///                   [PixelRange#ZERO_TO_ONE] for Flax folders and the PyTorch port's `detoker.pt` (DALL·E mini),
///                   [PixelRange#MINUS_ONE_TO_ONE] for taming-transformers', minDALL-E's and ruDALL-E's checkpoints.
///                   Set it for a checkpoint that was converted from the other layout
/// @param hasEncoder whether to load the encoder if there is one; drawing does not need it
public record CodecOptions(PixelRange pixelRange, boolean hasEncoder) {
    /// The layout's pixel range, with the encoder.
    public static final CodecOptions DEFAULT = new CodecOptions(null, true);

    /// The layout's pixel range, for drawing alone: 134 of 304 MB of weights less in DALL·E mini.
    public static final CodecOptions DECODER_ONLY = new CodecOptions(null, false);
}
