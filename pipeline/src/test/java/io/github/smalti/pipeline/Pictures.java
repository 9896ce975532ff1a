package io.github.smalti.pipeline;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/// The bits of pictures, to compare them with others.
final class Pictures {
    private Pictures() {}

    /// One hash of codes, pixels and scores.
    static String hash(List<RankedImage> images) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (RankedImage image : images) {
                var bytes = ByteBuffer.allocate(4 * (image.codes().length + image.pixels().values().length + 1));
                for (int code : image.codes()) bytes.putInt(code);
                for (float value : image.pixels().values()) bytes.putFloat(value);
                digest.update(bytes.putFloat(image.hasScore() ? image.score().logit() : 0).array());
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
