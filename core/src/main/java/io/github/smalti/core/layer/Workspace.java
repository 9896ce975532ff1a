package io.github.smalti.core.layer;

import java.util.ArrayList;
import java.util.List;

/// The memory of one pass through a network of pictures: maps and scratch that its layers hand on to each other.
///
/// A map given back is taken again by the next layer of its shape. Asking for another shape forgets all maps given back:
/// a network that goes to the next resolution does not come back. Belongs to one call; not thread-safe, but for
/// [#scratch] of different parts.
public final class Workspace {
    private final List<FeatureMap> free = new ArrayList<>();
    private final float[][] scratch;

    /// Makes an empty workspace.
    ///
    /// @param parts parts of a region that may need scratch at the same time
    public Workspace(int parts) { scratch = new float[parts][0]; }

    /// A map whose border is zero and whose pixels are anything.
    ///
    /// @param rows     pixel rows
    /// @param cols     pixels of a row
    /// @param channels numbers of a pixel
    /// @return a map that nobody else holds
    public FeatureMap take(int rows, int cols, int channels) {
        for (int i = 0; i < free.size(); i++) { if (free.get(i).hasShape(rows, cols, channels)) return free.remove(i); }
        free.clear();
        return new FeatureMap(rows, cols, channels);
    }

    /// Takes a map back; its holder forgets it.
    ///
    /// @param map a map of which only the inside was written
    public void giveBack(FeatureMap map) { free.add(map); }

    /// Scratch of one part of a region, of undefined content.
    ///
    /// @param part   the part
    /// @param length floats
    /// @return an array of at least that length, the same for every call of this part until a longer one is asked for
    float[] scratch(int part, int length) {
        if (scratch[part].length < length) scratch[part] = new float[length];
        return scratch[part];
    }
}
