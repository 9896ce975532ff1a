package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.weights.Checkpoint;
import io.github.smalti.weights.Checkpoints;
import io.github.smalti.weights.Weights;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Arrays;

/// The halves of DALL·E mini one by one, as other engines get them.
public final class BartAccess implements AutoCloseable {
    private final Weights weights;
    private final DalleBartEncoder encoder;
    private final DalleBartDecoder decoder;
    private final Arena arena = Arena.ofShared();
    private DalleBartDecoder.State state;

    /// Loads one half of a model.
    ///
    /// @param folder    its checkpoint, a single file
    /// @param precision how linear layers are packed
    /// @param decodes   whether it is the decoder
    public BartAccess(Path folder, Precision precision, boolean decodes) {
        DalleBartFiles files = DalleBartFiles.in(folder);
        DalleBartConfig config = files.config();
        Checkpoint checkpoint = Checkpoints.open(files.files().getFirst());
        weights = new Weights(checkpoint, files.names(checkpoint, config), Compute.shared(), precision);
        encoder = decodes ? null : new DalleBartEncoder(config, weights.in("encoder"));
        decoder = decodes ? new DalleBartDecoder(config, weights.in("decoder")) : null;
    }

    /// Encodes prompts in one pass.
    ///
    /// @param ids    ids of all prompts, one after another
    /// @param length ids of each
    /// @return (ids, width)
    public float[] encode(int[] ids, int length) {
        TextIds[] texts = new TextIds[ids.length / length];
        for (int i = 0; i < texts.length; i++) {
            int[] text = new int[length];
            System.arraycopy(ids, i * length, text, 0, length);
            texts[i] = new TextIds(text, length);
        }
        return encoder.encode(texts).hidden();
    }

    /// Starts a drawing: all images with the first prompt, then all with the second.
    ///
    /// @param hidden (2 · length, width), the encoded prompts
    /// @param length rows of each
    /// @param images images drawn at once
    public void start(float[] hidden, int length, int images) {
        var prompts = new EncodedPrompts(hidden, new int[]{length, length});
        int[] promptOf = new int[2 * images];
        Arrays.setAll(promptOf, row -> row / images);
        state = decoder.new State(arena, prompts, promptOf);
    }

    /// One step.
    ///
    /// @param tokens   the token before of each row
    /// @param position which code comes next
    /// @return logits (2 · images, rows of the vocabulary), overwritten by the next step
    public float[] step(int[] tokens, int position) { return decoder.step(tokens, position, state); }

    @Override
    public void close() {
        weights.close();
        arena.close();
    }
}
