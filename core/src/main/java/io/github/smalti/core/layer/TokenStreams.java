package io.github.smalti.core.layer;

import io.github.smalti.core.kernel.CachedHeads;
import io.github.smalti.core.kernel.CachedSegments;
import java.util.Arrays;
import java.util.Objects;

/// The tokens of one kind, text or image, in a [SparseKeyValues]: for each text or image where its tokens lie, and how many
/// were fed.
final class TokenStreams {
    private final String kind;
    private final CacheSlots slots;
    private final boolean keepsAll;
    private final int length;
    private final int groups;
    private final CachedHeads[] past;
    /// Tokens fed so far.
    private final int[] fed;
    /// Whether one was fed since the last was forgotten.
    private final boolean[] goesBack;
    /// The last call that fed one.
    private final long[] calls;
    private long call;

    /// Wraps memory.
    ///
    /// @param kind    what a stream is, in messages
    /// @param pattern which tokens of a stream attend to which
    /// @param past    for each stream its groups of heads, each with room for `CacheSlots.count()` positions
    /// @param groups  groups of heads
    TokenStreams(String kind, AttentionPattern pattern, CachedHeads[] past, int groups) {
        this.kind = kind;
        this.slots = new CacheSlots(pattern);
        this.keepsAll = slots.keepsAll();
        this.length = pattern.length();
        this.groups = groups;
        this.past = past;
        this.fed = new int[past.length / groups];
        this.goesBack = new boolean[fed.length];
        this.calls = new long[fed.length];
    }

    /// Whether no token is ever overwritten.
    boolean keepsAll() { return keepsAll; }

    CachedHeads heads(int stream, int group) { return past[stream * groups + group]; }

    /// Forgets all tokens.
    void forget() {
        Arrays.fill(fed, 0);
        Arrays.fill(goesBack, false);
    }

    /// Forgets the last token of every stream; only one, since a token before it may attend to what it overwrote.
    void forgetLast() {
        for (int stream = 0; stream < fed.length; stream++) {
            if (goesBack[stream]) continue;
            throw new IllegalStateException(
                    kind + " " + stream + ": expected a token to be fed since one was forgotten");
        }
        for (int stream = 0; stream < fed.length; stream++) fed[stream]--;
        Arrays.fill(goesBack, false);
    }

    /// Refuses a stream that has not been fed to its end.
    void checkComplete(int stream) {
        Objects.checkIndex(stream, fed.length);
        if (fed[stream] < length) {
            throw new IllegalStateException(kind + " " + stream + ": expected all " + length
                    + " tokens to be fed before those of an image, found " + fed[stream]);
        }
    }

    /// Counts the tokens of some rows, each stream's side by side and in order, or refuses them all.
    void feed(int[] streamOf, int[] positions, int rows) {
        call++;
        for (int row = 0; row < rows; row++) {
            int stream = Objects.checkIndex(streamOf[row], fed.length);
            boolean goesOn = row > 0 && streamOf[row - 1] == stream;
            if (!goesOn && calls[stream] == call) {
                throw new IllegalArgumentException(kind + " " + stream + ": expected its rows side by side");
            }
            calls[stream] = call;
            int expected = goesOn ? positions[row - 1] + 1 : fed[stream];
            if (positions[row] != expected || expected >= length) {
                throw new IllegalArgumentException(kind + " " + stream + ": expected "
                        + (expected < length ? "position " + expected : "no position after " + (length - 1))
                        + ", found " + positions[row]);
            }
        }
        for (int row = 0; row < rows; row++) {
            fed[streamOf[row]] = positions[row] + 1;
            goesBack[streamOf[row]] = true;
        }
    }

    /// Stores one head's key and value of a token.
    ///
    /// @param kv what holds both
    /// @param k  first feature of the key
    /// @param v  first feature of the value
    void put(int stream, int position, int head, float[] kv, int k, int v) {
        heads(stream, head / CachedHeads.MOST).put(head % CachedHeads.MOST, slots.slot(position), kv, k, v);
    }

    /// Whether tokens lie in raster order from the first one on, so that neighbours share all that came before the first
    /// of them.
    boolean sharesPrefix() { return slots.pattern() instanceof AttentionPattern.Full; }

    /// Adds what a token attends to in its own stream.
    void collect(int stream, int position, int group, CachedSegments pieces) {
        slots.collect(position, heads(stream, group), pieces);
    }
}
