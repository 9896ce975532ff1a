package io.github.smalti.core.layer;

import java.lang.ref.SoftReference;
import java.util.concurrent.atomic.AtomicReference;

/// Keeps the workspace of one pass for the next, so that pictures that follow each other do not leave their maps as
/// garbage: arrays of megabytes, which a collector lets pile up until the heap is full.
///
/// Softly held: when memory gets short, the collector takes it. Passes at the same time get one each, of which one stays.
/// Thread-safe.
public final class SpareWorkspace {
    private final AtomicReference<SoftReference<Workspace>> spare = new AtomicReference<>();

    /// Starts without a workspace.
    public SpareWorkspace() {}

    /// A workspace for one pass.
    ///
    /// @param parts     parts of a region that may need scratch at the same time
    /// @param mapFloats floats of the largest map, border included
    /// @return the spare one if it was made for as large maps, else a new one
    public Workspace take(int parts, int mapFloats) {
        SoftReference<Workspace> held = spare.getAndSet(null);
        Workspace workspace = held == null ? null : held.get();
        return workspace != null && workspace.isFor(parts, mapFloats) ? workspace : new Workspace(parts, mapFloats);
    }

    /// Keeps a workspace whose maps have all been given back.
    ///
    /// @param workspace of [#take]; the caller forgets it
    public void giveBack(Workspace workspace) { spare.set(new SoftReference<>(workspace)); }
}
