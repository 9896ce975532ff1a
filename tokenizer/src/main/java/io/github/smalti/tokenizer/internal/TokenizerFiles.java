package io.github.smalti.tokenizer.internal;

import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonException;
import io.github.smalti.core.json.JsonLimits;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.tokenizer.TokenizerException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/// Reads tokenizer files within limits; every failure is a [TokenizerException].
public final class TokenizerFiles {
    /// Largest file; the largest published ones (`tokenizer.json` of big vocabularies) have a few megabytes.
    private static final int MAX_BYTES = 16 << 20;
    /// Half a million tokens with their merges as arrays. A `model_max_length` of 10^30 stands for "no limit" upstream.
    private static final JsonLimits LIMITS = new JsonLimits(MAX_BYTES, 32, 1 << 16, 1024, 64, 2_000_000);

    private TokenizerFiles() {}

    /// A JSON document.
    public static JsonValue json(Path file) {
        try {
            return Json.parse(bytes(file), LIMITS);
        } catch (JsonException e) {
            throw new TokenizerException(file, e.getMessage());
        }
    }

    /// A text file in UTF-8.
    public static String text(Path file) {
        try {
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes(file))).toString();
        } catch (CharacterCodingException _) {
            throw new TokenizerException(file, "not UTF-8");
        }
    }

    private static byte[] bytes(Path file) {
        try (var in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) throw new TokenizerException(file, "larger than " + MAX_BYTES + " bytes");
            return bytes;
        } catch (NoSuchFileException _) {
            throw new TokenizerException(file, "no such file");
        } catch (IOException e) {
            throw new TokenizerException(file, "cannot be read: " + e.getMessage());
        }
    }
}
