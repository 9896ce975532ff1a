package io.github.smalti.pipeline;

import io.github.smalti.core.Precision;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.HexFormat;

/// Draws with the embedded model, exact and in 8 bits, and prints one hash of all codes, pixels and scores.
public final class DrawMain {
    private DrawMain() {}

    /// @param args nothing
    public static void main(String[] args) throws Exception { System.out.println(hash()); }

    static String hash() throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        for (Precision precision : new Precision[]{Precision.F32, Precision.INT8}) {
            try (var model = TextToImage.embedded(LoadOptions.DEFAULT.withPrecision(precision))) {
                draw(model, digest);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static void draw(TextToImage model, MessageDigest digest) {
        for (float temperature : new float[]{0, 1}) {
            GeneratedImages images = model.generate("a cat with a hat",
                    options -> options.images(2).seed(7).temperature(temperature).guidanceScale(3));
            for (RankedImage image : images) {
                var bytes = ByteBuffer.allocate(4 * (image.codes().length + image.pixels().values().length + 1));
                for (int code : image.codes()) bytes.putInt(code);
                for (float value : image.pixels().values()) bytes.putFloat(value);
                digest.update(bytes.putFloat(image.score().logit()).array());
            }
        }
    }
}
