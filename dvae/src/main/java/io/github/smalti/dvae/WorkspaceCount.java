package io.github.smalti.dvae;

import java.util.ArrayList;
import java.util.List;

/// A [io.github.smalti.core.layer.Workspace] of lengths: counts what a pass through a network allocates, without
/// allocating. Takes and gives back in the order of the real one.
final class WorkspaceCount {
    /// An array that would be there.
    static final class Array {
        private final long floats;

        private Array(long floats) { this.floats = floats; }
    }

    private final List<Array> free = new ArrayList<>();
    /// What a stage started with: its callers' frames hold on to it for as long as it runs.
    private Array started;
    private boolean isStartedForgotten;
    private long held;
    private long peak;
    private long largest;

    /// Begins a stage.
    ///
    /// @param array what it is given
    void start(Array array) {
        started = array;
        isStartedForgotten = false;
    }

    /// Takes an array for a map, border included.
    Array take(long rows, long cols, int channels) {
        long floats = (rows + 2) * (cols + 2) * channels;
        for (Array array : free) {
            if (array.floats < floats) continue;
            free.remove(array);
            held += array.floats;
            return array;
        }
        isStartedForgotten |= free.contains(started);
        free.clear();
        return hold(floats);
    }

    /// Gives an array back that was taken or held.
    void giveBack(Array array) {
        held -= array.floats;
        free.add(array);
    }

    /// Allocates an array elsewhere, beside what lies free here.
    Array hold(long floats) {
        held += floats;
        long unused = isStartedForgotten ? started.floats : 0;
        for (Array array : free) unused += array.floats;
        peak = Math.max(peak, held + unused);
        largest = Math.max(largest, floats);
        return new Array(floats);
    }

    /// Ends the pass: what lies free is garbage.
    void end() {
        free.clear();
        start(null);
    }

    /// Most floats that were alive at the same time.
    long peak() { return peak; }

    /// Floats of the largest array.
    long largest() { return largest; }
}
