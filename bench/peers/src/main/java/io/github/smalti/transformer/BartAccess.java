package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/// The halves of DALL·E mini one by one, as other engines get them.
public final class BartAccess implements AutoCloseable {
    private final DalleBart model;
    private final Arena arena = Arena.ofShared();
    private DalleBartDecoder.State state;

    /// Loads a model.
    ///
    /// @param folder    its checkpoint
    /// @param precision how linear layers are packed
    public BartAccess(Path folder, Precision precision) { model = DalleBart.load(folder, Compute.shared(), precision); }

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
        return model.encoder().encode(texts).hidden();
    }

    /// Starts a drawing of two rows, each with a prompt of its own.
    ///
    /// @param hidden (2 · length, width), the encoded prompts
    /// @param length rows of each
    public void start(float[] hidden, int length) {
        var prompts = new EncodedPrompts(hidden, new int[]{length, length});
        state = model.decoder().new State(arena, prompts, new int[]{0, 1});
    }

    /// One step.
    ///
    /// @param token    the token before, the same for both rows
    /// @param position which code comes next
    /// @return logits (2, rows of the vocabulary), overwritten by the next step
    public float[] step(int token, int position) {
        return model.decoder().step(new int[]{token, token}, position, state);
    }

    @Override
    public void close() {
        model.close();
        arena.close();
    }
}
