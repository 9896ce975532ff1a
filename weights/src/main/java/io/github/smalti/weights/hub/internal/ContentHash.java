package io.github.smalti.weights.hub.internal;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/// The hash that a service gives for a file's content; it is the name of the file's blob too.
///
/// @param kind how it is computed
/// @param hex  lower-case hexadecimal digits
public record ContentHash(Kind kind, String hex) {
    /// How a hash is computed.
    public enum Kind {
        /// SHA-256 of the content: large files of the model hub, pinned addresses.
        SHA256(64, "SHA-256"),
        /// SHA-1 of `blob `, the length, a zero byte and the content: small files of the model hub, as in git.
        GIT_SHA1(40, "SHA-1"),
        /// MD5 of the content: artifacts of Weights & Biases.
        MD5(32, "MD5");

        private final int digits;
        private final String algorithm;

        Kind(int digits, String algorithm) {
            this.digits = digits;
            this.algorithm = algorithm;
        }
    }

    /// Recognises a hash by its length.
    ///
    /// @param text hexadecimal digits
    /// @return the hash, or null if the text is none
    public static ContentHash of(String text) {
        if (text == null) return null;
        String hex = text.toLowerCase(Locale.ROOT);
        for (Kind kind : Kind.values()) {
            if (hex.length() == kind.digits && hex.matches("[0-9a-f]+")) return new ContentHash(kind, hex);
        }
        return null;
    }

    /// The hash in an `ETag` or `X-Linked-Etag`.
    ///
    /// @param etag the header's value, or null
    /// @return the hash, or null if the header holds none
    public static ContentHash ofEtag(String etag) {
        if (etag == null) return null;
        String text = etag.startsWith("W/") ? etag.substring(2) : etag;
        boolean quoted = text.length() >= 2 && text.startsWith("\"") && text.endsWith("\"");
        return of(quoted ? text.substring(1, text.length() - 1) : text);
    }

    /// Begins to hash content.
    ///
    /// @param size length of the content
    public MessageDigest begin(long size) {
        try {
            MessageDigest digest = MessageDigest.getInstance(kind.algorithm);
            if (kind == Kind.GIT_SHA1) digest.update(("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII));
            return digest;
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has " + kind.algorithm, e);
        }
    }

    /// Whether all content has been hashed to this.
    ///
    /// @param digest as begun by [#begin]; reset by this
    /// @return the hexadecimal digits found
    public static String found(MessageDigest digest) { return HexFormat.of().formatHex(digest.digest()); }
}
