package io.github.smalti.transformer;

/// What to draw.
///
/// @param prompt        the text, or a class as its single id, see [CodeGenerator#promptKind]
/// @param negative      the text of guidance's other branch: the empty prompt, or what the picture should not be
/// @param sampling      how codes are drawn
/// @param guidanceScale s in `negative + s · (prompt − negative)`; 1 is the prompt's stream alone and costs half
/// @param seed          key of the random numbers
/// @param images        indexes of the images; each depends on the seed and its own index alone
/// @param imagePrompt   codes that are given and not drawn, the same for every image
public record CodeRequest(TextIds prompt, TextIds negative, Sampling sampling, float guidanceScale, long seed,
        int[] images, ImagePrompt imagePrompt) {
    /// Checks the values and copies the indexes.
    public CodeRequest {
        if (!Float.isFinite(guidanceScale)) {
            throw new IllegalArgumentException("guidance: expected a finite number, found " + guidanceScale);
        }
        if (images.length == 0) throw new IllegalArgumentException("images: expected at least one index");
        images = images.clone();
        for (int image : images) {
            if (image < 0) throw new IllegalArgumentException("image index: expected 0 or more, found " + image);
        }
    }

    /// A request without an image prompt.
    ///
    /// @param prompt        the text
    /// @param negative      the text of guidance's other branch
    /// @param sampling      how codes are drawn
    /// @param guidanceScale s in `negative + s · (prompt − negative)`
    /// @param seed          key of the random numbers
    /// @param images        indexes of the images
    public CodeRequest(TextIds prompt, TextIds negative, Sampling sampling, float guidanceScale, long seed,
            int[] images) {
        this(prompt, negative, sampling, guidanceScale, seed, images, ImagePrompt.NONE);
    }

    /// Whether there is a second stream.
    public boolean isGuided() { return guidanceScale != 1f; }
}
