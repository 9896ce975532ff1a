package io.github.smalti.core.layer;

import java.util.ArrayList;
import java.util.List;

/// The memory of one pass through a network of pictures: maps and scratch that its layers hand on to each other.
///
/// The array of a map that was given back serves for the next map that fits into it. Belongs to one call; not
/// thread-safe, but for [#scratch] of different parts.
public final class Workspace {
    private final List<float[]> free = new ArrayList<>();
    private final float[][] scratch;
    private final int mapFloats;
    private long madeFloats;

    /// Makes an empty workspace for maps of which none is known to be the largest.
    ///
    /// @param parts parts of a region that may need scratch at the same time
    public Workspace(int parts) { this(parts, 0); }

    /// Makes an empty workspace.
    ///
    /// @param parts     parts of a region that may need scratch at the same time
    /// @param mapFloats floats of the largest map, border included: the first arrays will do for all later maps, instead
    ///                  of being garbage at the next resolution
    public Workspace(int parts, int mapFloats) {
        this.scratch = new float[parts][0];
        this.mapFloats = mapFloats;
    }

    /// A map whose border is zero and whose pixels are anything.
    ///
    /// @param rows     pixel rows
    /// @param cols     pixels of a row
    /// @param channels numbers of a pixel
    /// @return a map that nobody else holds
    public FeatureMap take(int rows, int cols, int channels) {
        int length = FeatureMap.length(rows, cols, channels);
        for (int i = 0; i < free.size(); i++) {
            if (free.get(i).length >= length) return FeatureMap.in(free.remove(i), rows, cols, channels);
        }
        free.clear();
        float[] array = new float[Math.max(length, mapFloats)];
        madeFloats += array.length;
        return FeatureMap.in(array, rows, cols, channels);
    }

    /// Takes a map back; its holder forgets it.
    ///
    /// @param map a map
    public void giveBack(FeatureMap map) { free.add(map.data()); }

    /// Whether it was made for this many parts and this largest map.
    boolean isFor(int parts, int mapFloats) { return scratch.length == parts && this.mapFloats == mapFloats; }

    /// Floats of all maps' arrays that were made so far, and of the scratch: what a plan promises beforehand.
    public long floats() {
        long floats = madeFloats;
        for (float[] part : scratch) floats += part.length;
        return floats;
    }

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
