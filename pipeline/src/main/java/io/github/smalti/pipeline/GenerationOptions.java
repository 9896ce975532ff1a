package io.github.smalti.pipeline;

import io.github.smalti.transformer.ImagePrompt;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/// What to draw and how; immutable, made by a [Builder].
///
/// A picture depends on `prompt`, `negativePrompt`, `imagePrompt`, `shape`, `sampling`, `seed` and its index alone: not on
/// how many images are asked for, on `keep`, `rankedBy`, `batch` or who watches.
///
/// @param indexes        indexes of the images to draw, all different, each 0 or more
/// @param keep           how many of the best to return
/// @param seed           the seed; image i of seed s is always the same drawing
/// @param sampling       how codes are chosen
/// @param negativePrompt what guidance leads away from; `""` is the empty prompt
/// @param imagePrompt    codes that are given and not drawn
/// @param shape          shape of the pictures
/// @param rankedBy       what decides which picture is best, or null: CLIP if there is one, else the model's perplexity if
///                       it has one, else nothing
/// @param batch          images drawn at once, 0 to choose by the memory there is
/// @param previewRows    a preview after every so many rows of codes, 0 for none
/// @param listener       told what happens
/// @param cancellation   ends the generation
public record GenerationOptions(List<Integer> indexes, int keep, long seed, SamplingSettings sampling,
        String negativePrompt, ImagePrompt imagePrompt, PictureShape shape, RankedBy rankedBy, int batch,
        int previewRows,
        ProgressListener listener, Cancellation cancellation) {

    /// The most images of one request.
    public static final int MAX_IMAGES = 4096;

    /// Copies the indexes.
    ///
    /// @throws IllegalArgumentException if a seamless picture has an image prompt: its borders are drawn again
    public GenerationOptions {
        indexes = List.copyOf(indexes);
        if (shape.isSeamless() && imagePrompt.count() > 0) {
            throw new IllegalArgumentException(
                    "image prompt: a seamless picture takes none, its borders are drawn again");
        }
    }

    /// Options on top of given settings: 8 images, a new seed, no negative prompt.
    ///
    /// @param sampling what holds unless a preset or a single value says otherwise, see [TextToImage#sampling]
    public static Builder builder(SamplingSettings sampling) { return new Builder(sampling); }

    /// Collects options; every method checks its range and returns the builder. Not thread-safe.
    public static final class Builder {
        private static final int DEFAULT_IMAGES = 8;
        /// Drawn seeds are short enough to be typed.
        private static final long DRAWN_SEEDS = 1L << 32;

        private SamplingSettings base;
        private Float temperature;
        private Integer topK;
        private Float topP;
        private Float guidanceScale;
        private int images = DEFAULT_IMAGES;
        private int firstImage;
        private int[] indexes;
        private int keep = MAX_IMAGES;
        private Long seed;
        private String negativePrompt = "";
        private ImagePrompt imagePrompt = ImagePrompt.NONE;
        private PictureShape shape = PictureShape.OWN;
        private RankedBy rankedBy;
        private int batch;
        private int previewRows;
        private ProgressListener listener = _ -> true;
        private Cancellation cancellation = new Cancellation();

        Builder(SamplingSettings base) { this.base = base; }

        /// How many images to draw; 8 if not said.
        ///
        /// @param count 1 to 4096
        public Builder images(int count) {
            images = within("images", count, 1, MAX_IMAGES);
            return this;
        }

        /// Index of the first image, to draw some images of a larger request again; 0 if not said.
        ///
        /// @param index 0 or more
        public Builder firstImage(int index) {
            firstImage = within("first image", index, 0, Integer.MAX_VALUE - MAX_IMAGES);
            return this;
        }

        /// Draws exactly these images instead of a run of them.
        ///
        /// @param chosen indexes, all different, 1 to 4096 of them, each 0 or more
        public Builder indexes(int... chosen) {
            within("number of image indexes", chosen.length, 1, MAX_IMAGES);
            for (int index : chosen) within("image index", index, 0, Integer.MAX_VALUE - MAX_IMAGES);
            if (Arrays.stream(chosen).distinct().count() != chosen.length) {
                throw new IllegalArgumentException("image indexes: expected all different, found "
                        + Arrays.toString(Arrays.copyOf(chosen, Math.min(20, chosen.length))));
            }
            indexes = chosen.clone();
            return this;
        }

        /// How many of the best images to return; all if not said.
        ///
        /// @param count 1 to 4096; more than there are images means all
        public Builder keep(int count) {
            keep = within("keep", count, 1, MAX_IMAGES);
            return this;
        }

        /// The seed; if not said, one is drawn by the system and reported with the result.
        ///
        /// @param value any number
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /// Settings known by name; single values that are given as well win, in whatever order.
        ///
        /// @param preset the settings
        public Builder preset(Preset preset) {
            base = preset.settings();
            return this;
        }

        /// See [SamplingSettings#temperature].
        ///
        /// @param value 0 (greedy) to 1000
        public Builder temperature(float value) {
            temperature = new SamplingSettings(value, 0, 1, 1).temperature();
            return this;
        }

        /// See [SamplingSettings#topK].
        ///
        /// @param value 0 (all codes) to 1,000,000
        public Builder topK(int value) {
            topK = new SamplingSettings(1, value, 1, 1).topK();
            return this;
        }

        /// See [SamplingSettings#topP].
        ///
        /// @param value above 0 to 1 (all codes)
        public Builder topP(float value) {
            topP = new SamplingSettings(1, 0, value, 1).topP();
            return this;
        }

        /// See [SamplingSettings#guidanceScale].
        ///
        /// @param value -1000 to 1000; 1 is the prompt alone
        public Builder guidanceScale(float value) {
            guidanceScale = new SamplingSettings(1, 0, 1, value).guidanceScale();
            return this;
        }

        /// What guidance leads away from, in the place of the empty prompt.
        ///
        /// @param text a prompt, or `""`
        public Builder negativePrompt(String text) {
            negativePrompt = Objects.requireNonNull(text, "negative prompt");
            return this;
        }

        /// A picture to go on from; its given codes are in every image, the others are drawn.
        ///
        /// @param given codes of the model's codec, see `ImageCodec.encode` and [RankedImage#codes]
        public Builder imagePrompt(ImagePrompt given) {
            imagePrompt = Objects.requireNonNull(given, "image prompt");
            return this;
        }

        /// Shape of the pictures; the model's own if not said.
        ///
        /// @param wanted rows and columns of codes
        public Builder shape(PictureShape wanted) {
            shape = Objects.requireNonNull(wanted, "shape");
            return this;
        }

        /// What decides which picture is best; if not said CLIP, or the model's own perplexity where there is no CLIP.
        ///
        /// @param what what the model can be ranked by
        public Builder rankedBy(RankedBy what) {
            rankedBy = Objects.requireNonNull(what, "ranked by");
            return this;
        }

        /// Images drawn at once; the pictures are the same for any number.
        ///
        /// @param count 1 to 4096, or 0 to choose by the memory there is, at most 8
        public Builder batch(int count) {
            batch = within("batch", count, 0, MAX_IMAGES);
            return this;
        }

        /// Asks for previews while drawing; each costs a decoding of the rows so far.
        ///
        /// @param everyRows rows of codes between two previews, 1 to 4096, or 0 for none
        public Builder previews(int everyRows) {
            previewRows = within("rows between previews", everyRows, 0, MAX_IMAGES);
            return this;
        }

        /// Who is told what happens.
        ///
        /// @param watcher called on the generating thread; answers false to end the generation
        public Builder progress(ProgressListener watcher) {
            listener = Objects.requireNonNull(watcher, "progress listener");
            return this;
        }

        /// A switch that ends the generation from another thread.
        ///
        /// @param end the switch
        public Builder cancellation(Cancellation end) {
            cancellation = Objects.requireNonNull(end, "cancellation");
            return this;
        }

        /// The options; a seed that was not said is drawn here.
        public GenerationOptions build() {
            int[] chosen = indexes != null ? indexes : run(firstImage, images);
            long drawn = seed != null ? seed : new SecureRandom().nextLong(DRAWN_SEEDS);
            var sampling = new SamplingSettings(temperature != null ? temperature : base.temperature(),
                    topK != null ? topK : base.topK(), topP != null ? topP : base.topP(),
                    guidanceScale != null ? guidanceScale : base.guidanceScale());
            return new GenerationOptions(Arrays.stream(chosen).boxed().toList(), Math.min(keep, chosen.length), drawn,
                    sampling, negativePrompt, imagePrompt, shape, rankedBy, batch, previewRows, listener, cancellation);
        }

        private static int[] run(int first, int count) {
            int[] indexes = new int[count];
            for (int i = 0; i < count; i++) indexes[i] = first + i;
            return indexes;
        }

        private static int within(String what, int value, int least, int most) {
            if (value >= least && value <= most) return value;
            throw new IllegalArgumentException(
                    what + ": expected " + least + " to " + most + ", found " + value);
        }
    }
}
