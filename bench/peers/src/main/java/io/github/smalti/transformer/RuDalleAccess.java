package io.github.smalti.transformer;

import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/// Single steps of ruDALL-E, as other engines get them: a text and an image's codes are known, and no code is drawn.
public final class RuDalleAccess implements AutoCloseable {
    private final RuDalle model;
    private final TextIds[] texts;
    private final int[][] codes;
    private final Arena arena = Arena.ofShared();
    private final DecoderStack.State state;
    /// Codes in the cache.
    private int read;

    /// Loads a model and reads the text.
    ///
    /// @param folder    its checkpoint
    /// @param precision how linear layers are packed
    /// @param text      ids of the whole text
    /// @param codes     the image
    public RuDalleAccess(Path folder, Precision precision, int[] text, int[] codes) {
        model = RuDalle.load(folder, Compute.shared(), precision);
        texts = new TextIds[]{new TextIds(text, text.length)};
        this.codes = new int[][]{codes};
        state = model.stack().new State(arena, 1, 1, false);
        model.readPrompts(texts, state);
    }

    /// The sizes of a model.
    public static RuDalleConfig config(Path folder) { return RuDalleFiles.in(folder).config(); }

    /// Reads codes by the block.
    ///
    /// @param end the code behind the last one
    public void readUpTo(int end) { while (read < end) read = model.readCodes(texts, codes, read, end, state); }

    /// One step: reads the next code, or the last one once more.
    ///
    /// @return logits of the code behind it, (1, codes), overwritten by the next step
    public float[] step(int code) {
        if (read == code + 1) {
            state.forgetLast();
            read--;
        }
        if (read != code) throw new IllegalArgumentException("expected code " + read + ", found " + code);
        readUpTo(code + 1);
        return state.logits;
    }

    @Override
    public void close() {
        model.close();
        arena.close();
    }
}
