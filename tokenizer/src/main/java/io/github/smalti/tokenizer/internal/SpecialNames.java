package io.github.smalti.tokenizer.internal;

import io.github.smalti.core.json.JsonException;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.tokenizer.TokenizerException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What `special_tokens_map.json` and `tokenizer_config.json` say, where they exist; the former wins.
public final class SpecialNames {
    /// Ids of one text; models read a few hundred. Callers make room for as many as the file says.
    private static final int LONGEST = 1 << 20;

    private record Config(Path file, JsonValue value) {}

    /// A special token's name and whether it takes the white space around it.
    ///
    /// @param text   the name
    /// @param lstrip whether it takes white space before it
    /// @param rstrip whether it takes white space after it
    public record Name(String text, boolean lstrip, boolean rstrip) {}

    private final List<Config> configs = new ArrayList<>();

    /// Reads the two files of a folder, if they exist.
    public SpecialNames(Path folder) {
        for (String name : List.of("special_tokens_map.json", "tokenizer_config.json")) {
            Path file = folder.resolve(name);
            if (!Files.exists(file)) continue;
            JsonValue value = TokenizerFiles.json(file);
            if (!(value instanceof JsonValue.Obj)) {
                throw new TokenizerException(file, "expected an object, found " + value.kind());
            }
            configs.add(new Config(file, value));
        }
    }

    /// The token of a role such as `bos_token`.
    ///
    /// @param role     the member's name
    /// @param fallback what holds if neither file has the member
    public Name name(String role, Name fallback) {
        for (Config config : configs) {
            if (config.value.has(role)) return parse(config, role, config.value.get(role));
        }
        return fallback;
    }

    /// The texts of roles that a vocabulary must have.
    ///
    /// @param fallbacks role to the text that holds if neither file has the role
    public Map<String, String> texts(Map<String, String> fallbacks) {
        Map<String, String> texts = new LinkedHashMap<>();
        fallbacks.forEach((role, text) -> texts.put(role, name(role, new Name(text, false, false)).text));
        return texts;
    }

    /// Further special tokens without a role.
    public List<Name> additional() {
        String member = "additional_special_tokens";
        List<Name> names = new ArrayList<>();
        for (Config config : configs) {
            if (!config.value.has(member)) continue;
            try {
                List<JsonValue> values = config.value.get(member).asArray();
                if (values.size() > SpecialTokens.MOST) {
                    throw new TokenizerException(config.file, values.size() + " " + member + ", at most "
                            + SpecialTokens.MOST);
                }
                for (JsonValue value : values) names.add(parse(config, member, value));
                return names;
            } catch (JsonException e) {
                throw new TokenizerException(config.file, member + ": " + e.getMessage());
            }
        }
        return names;
    }

    /// A flag of either file.
    public boolean flag(String member, boolean fallback) {
        for (Config config : configs) {
            if (!config.value.has(member)) continue;
            try {
                return config.value.get(member).asBoolean();
            } catch (JsonException e) {
                throw new TokenizerException(config.file, member + ": " + e.getMessage());
            }
        }
        return fallback;
    }

    /// A length of either file, at least 2; a huge number, which stands for "no limit" upstream, counts as missing.
    public int length(String member, int fallback) {
        for (Config config : configs) {
            if (!config.value.has(member)) continue;
            try {
                double length = config.value.get(member).asDouble();
                if (length > LONGEST) return fallback;
                if (length >= 2 && length == (int) length) return (int) length;
                throw new TokenizerException(config.file, member + " is " + length + ", expected a number of tokens");
            } catch (JsonException e) {
                throw new TokenizerException(config.file, member + ": " + e.getMessage());
            }
        }
        return fallback;
    }

    private static Name parse(Config config, String role, JsonValue value) {
        try {
            boolean isObject = value instanceof JsonValue.Obj;
            String text = isObject ? value.get("content").asString() : value.asString();
            if (text.isEmpty() || text.length() > SpecialTokens.LONGEST) {
                throw new TokenizerException(config.file, role + " has " + text.length()
                        + " characters, expected 1 to " + SpecialTokens.LONGEST);
            }
            return new Name(text, isObject && isTrue(value, "lstrip"), isObject && isTrue(value, "rstrip"));
        } catch (JsonException e) {
            throw new TokenizerException(config.file, role + ": " + e.getMessage());
        }
    }

    private static boolean isTrue(JsonValue value, String member) {
        return value.has(member) && value.get(member).asBoolean();
    }
}
