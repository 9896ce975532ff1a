package io.github.smalti.clip;

import io.github.smalti.core.PackedMatrix;
import io.github.smalti.core.Precision;
import io.github.smalti.core.layer.WinogradWeight;

/// Walks the convolutions of a [ResNetTower] as its constructor does and counts what they allocate, without allocating.
final class ResNetFootprint {
    /// Maps that are alive at the same time, see [Bottleneck#forward].
    private static final int MAPS = 3;
    private static final int CHANNELS = 3;

    private final long pictureFloats;
    private long weightBytes;
    private long largestMap;
    private long threadFloats;

    ResNetFootprint(ResNetTower.Config config) {
        int width = config.width();
        int side = config.imageSize();
        pictureFloats = mapFloats(side, CHANNELS);
        side /= 2;
        conv(CHANNELS, width / 2, 3);
        conv3x3(width / 2, width / 2, side);
        conv3x3(width / 2, width, side);
        side /= 2;
        int inputs = width;
        for (int stage = 0; stage < ResNetTower.STAGES; stage++) {
            int planes = width << stage;
            int outputs = planes * Bottleneck.EXPANSION;
            for (int i = 0; i < config.blocks().get(stage); i++) {
                conv(inputs, planes, 1);
                map(side, planes);
                conv3x3(planes, planes, side);
                if (i == 0) {
                    if (stage > 0) side /= 2;
                    conv(inputs, outputs, 1);
                }
                conv(planes, outputs, 1);
                map(side, outputs);
                inputs = outputs;
            }
        }
    }

    /// Bytes of the packed convolutions.
    long weightBytes() { return weightBytes; }

    /// Floats of the largest map inside of the network, border included.
    int largestMap() { return Math.toIntExact(largestMap); }

    /// Floats of scratch for one picture at a time: the picture as a map and the workspace.
    long scratchFloats(int threads) { return pictureFloats + workspaceFloats(threads); }

    /// Floats of a workspace: the maps inside of the network and Winograd's blocks.
    long workspaceFloats(int threads) { return MAPS * largestMap + threads * threadFloats; }

    private void conv(int inputs, int outputs, int kernel) {
        weightBytes += PackedMatrix.byteSize(Precision.F32, outputs, kernel, kernel * inputs);
    }

    private void conv3x3(int inputs, int outputs, int side) {
        map(side, outputs);
        if (WinogradWeight.isWorthwhile(inputs, outputs, (long) side * side)) {
            weightBytes += WinogradWeight.byteSize(inputs, outputs);
            threadFloats = Math.max(threadFloats, WinogradWeight.scratchFloats(inputs, outputs));
        } else {
            conv(inputs, outputs, 3);
        }
    }

    private void map(int side, int channels) { largestMap = Math.max(largestMap, mapFloats(side, channels)); }

    private static long mapFloats(int side, int channels) { return (side + 2L) * (side + 2L) * channels; }
}
