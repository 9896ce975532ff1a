package io.github.smalti.transformer;

import java.util.List;

/// What to draw.
///
/// @param prompt        the text, or a class as its single id, see [CodeGenerator#promptKind]
/// @param negative      the text of guidance's other branch: the empty prompt, or what the picture should not be
/// @param sampling      how codes are drawn
/// @param guidanceScale s in `negative + s · (prompt − negative)`; 1 is the prompt's stream alone and costs half
/// @param seed          key of the random numbers
/// @param images        indexes of the images; each depends on the seed and its own index alone
/// @param imagePrompts  codes that are given and not drawn: one prompt for all images, or one for each; all give the same
///                      positions
public record CodeRequest(TextIds prompt, TextIds negative, Sampling sampling, float guidanceScale, long seed,
        int[] images, List<ImagePrompt> imagePrompts) {
    /// Checks the values and copies the lists.
    ///
    /// @throws IllegalArgumentException if a value is out of its range, or image prompts give different positions
    public CodeRequest {
        if (!Float.isFinite(guidanceScale)) {
            throw new IllegalArgumentException("guidance: expected a finite number, found " + guidanceScale);
        }
        if (images.length == 0) throw new IllegalArgumentException("images: expected at least one index");
        images = images.clone();
        for (int image : images) {
            if (image < 0) throw new IllegalArgumentException("image index: expected 0 or more, found " + image);
        }
        imagePrompts = List.copyOf(imagePrompts);
        if (imagePrompts.size() != 1 && imagePrompts.size() != images.length) {
            throw new IllegalArgumentException("image prompts: expected 1 or one for each of " + images.length
                    + " images, found " + imagePrompts.size());
        }
        for (ImagePrompt each : imagePrompts) {
            if (each.givesSamePositions(imagePrompts.getFirst())) continue;
            throw new IllegalArgumentException("image prompts: expected all to give codes of the same positions");
        }
    }

    /// A request with one image prompt for all images.
    ///
    /// @param prompt        the text
    /// @param negative      the text of guidance's other branch
    /// @param sampling      how codes are drawn
    /// @param guidanceScale s in `negative + s · (prompt − negative)`
    /// @param seed          key of the random numbers
    /// @param images        indexes of the images
    /// @param imagePrompt   codes that are given and not drawn
    public CodeRequest(TextIds prompt, TextIds negative, Sampling sampling, float guidanceScale, long seed,
            int[] images, ImagePrompt imagePrompt) {
        this(prompt, negative, sampling, guidanceScale, seed, images, List.of(imagePrompt));
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

    /// The image prompt of an image.
    ///
    /// @param place of the image in the request
    public ImagePrompt imagePrompt(int place) { return imagePrompts.get(imagePrompts.size() == 1 ? 0 : place); }

    /// Whether the codes of a position are given and not drawn.
    ///
    /// @param position place in raster order
    public boolean gives(int position) { return imagePrompts.getFirst().gives(position); }

    /// Checks that the image prompts fit a model, see [ImagePrompt#requireFits].
    ///
    /// @param codeCount    codes of its pictures
    /// @param codebookSize all codes lie below this
    /// @throws IllegalArgumentException if one does not
    public void requireFits(int codeCount, int codebookSize) {
        for (ImagePrompt each : imagePrompts) each.requireFits(codeCount, codebookSize);
    }

    /// Whether there is a second stream.
    public boolean isGuided() { return guidanceScale != 1f; }
}
