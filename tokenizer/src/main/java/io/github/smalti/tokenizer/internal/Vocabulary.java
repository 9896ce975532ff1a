package io.github.smalti.tokenizer.internal;

import io.github.smalti.core.json.JsonException;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.tokenizer.TokenizerException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Tokens and their ids, 0 to n - 1 without a gap. Immutable.
public final class Vocabulary {
    private final Path file;
    private final Map<String, Integer> ids;
    private final String[] tokens;

    private Vocabulary(Path file, Map<String, Integer> ids, String[] tokens) {
        this.file = file;
        this.ids = ids;
        this.tokens = tokens;
    }

    /// Checks the object of a JSON vocabulary.
    ///
    /// @param file  the file it came from, for messages
    /// @param value the object: token to id
    /// @param added tokens that are listed elsewhere in the file and may repeat entries of the object
    /// @param roles the tokens that must be there, by their role
    public static Vocabulary of(Path file, JsonValue value, Map<String, Integer> added, Map<String, String> roles) {
        Map<String, JsonValue> members;
        try {
            members = value.asObject();
        } catch (JsonException e) {
            throw new TokenizerException(file, "vocabulary: " + e.getMessage());
        }
        Map<String, Integer> ids = HashMap.newHashMap(members.size() + added.size());
        members.forEach((token, id) -> ids.put(token, id(file, token, id)));
        added.forEach((token, id) -> {
            Integer before = ids.put(token, id);
            if (before != null && !before.equals(id)) {
                throw new TokenizerException(file, "token \"" + token + "\" has ids " + before + " and " + id);
            }
        });
        if (ids.isEmpty()) throw new TokenizerException(file, "the vocabulary is empty");
        roles.forEach((role, token) -> {
            if (!ids.containsKey(token)) throw missing(file, token, role);
        });
        return new Vocabulary(file, ids, byId(file, ids));
    }

    /// A vocabulary whose ids are the places in a list.
    public static Vocabulary of(Path file, List<String> tokens) {
        Map<String, Integer> ids = HashMap.newHashMap(tokens.size());
        for (int id = 0; id < tokens.size(); id++) {
            Integer before = ids.put(tokens.get(id), id);
            if (before != null) {
                throw new TokenizerException(file,
                        "token \"" + tokens.get(id) + "\" has ids " + before + " and " + id);
            }
        }
        return new Vocabulary(file, ids, tokens.toArray(String[]::new));
    }

    private static int id(Path file, String token, JsonValue id) {
        try {
            int value = id.asInt();
            if (value >= 0) return value;
            throw new TokenizerException(file, "token \"" + token + "\" has the negative id " + value);
        } catch (JsonException e) {
            throw new TokenizerException(file, "id of token \"" + token + "\": " + e.getMessage());
        }
    }

    private static String[] byId(Path file, Map<String, Integer> ids) {
        String[] tokens = new String[ids.size()];
        ids.forEach((token, id) -> {
            if (id >= tokens.length) return;
            if (tokens[id] != null) {
                throw new TokenizerException(file,
                        "tokens \"" + tokens[id] + "\" and \"" + token + "\" have the same id " + id);
            }
            tokens[id] = token;
        });
        int gap = Arrays.asList(tokens).indexOf(null);
        if (gap >= 0) {
            throw new TokenizerException(file, "no token has id " + gap + ", expected the ids 0 to "
                    + (tokens.length - 1) + " for " + tokens.length + " tokens");
        }
        return tokens;
    }

    /// Number of tokens.
    public int size() { return tokens.length; }

    /// The text of an id.
    public String token(int id) { return tokens[Objects.checkIndex(id, tokens.length)]; }

    /// The id of a token, or -1.
    public int find(String token) { return ids.getOrDefault(token, -1); }

    /// The id of a token that must exist.
    ///
    /// @param token the token
    /// @param role  what it is needed for
    public int require(String token, String role) {
        int id = find(token);
        if (id < 0) throw missing(file, token, role);
        return id;
    }

    private static TokenizerException missing(Path file, String token, String role) {
        return new TokenizerException(file, "no token \"" + token + "\", which is the " + role);
    }

    /// Fails unless there is a token for a byte inside of a word and one for it at the end.
    ///
    /// @param b      the byte, 0 to 255
    /// @param suffix the mark of a word's end
    public void requireByte(int b, String suffix) {
        String token = String.valueOf(ByteAlphabet.character(b));
        require(token, "token of byte " + b);
        require(token + suffix, "token of byte " + b + " at the end of a word");
    }

    /// Ids of the 256 bytes, -1 where the vocabulary has no token for one.
    ///
    /// @param suffix what follows the byte's character in the token
    public int[] byteIds(String suffix) {
        int[] byteIds = new int[256];
        for (int b = 0; b < 256; b++) byteIds[b] = find(ByteAlphabet.character(b) + suffix);
        return byteIds;
    }

    /// For each id, how many bytes its token stands for.
    ///
    /// @param suffix the mark of a word's end that counts for nothing
    public int[] byteCounts(String suffix) {
        int[] counts = new int[tokens.length];
        for (int id = 0; id < counts.length; id++) {
            boolean marked = !suffix.isEmpty() && tokens[id].endsWith(suffix);
            counts[id] = tokens[id].length() - (marked ? suffix.length() : 0);
        }
        return counts;
    }

    /// The text of ids: characters of the byte alphabet become bytes, others stay; what is no UTF-8 becomes U+FFFD.
    ///
    /// @param tokenIds ids
    /// @param suffix   the mark of a word's end, written as a space; `""` for none
    public String decode(int[] tokenIds, String suffix) {
        var bytes = new ByteArrayOutputStream();
        for (int id : tokenIds) {
            String token = token(id);
            boolean marked = !suffix.isEmpty() && token.endsWith(suffix);
            int end = token.length() - (marked ? suffix.length() : 0);
            writeBytes(token.substring(0, end), bytes);
            if (marked) bytes.write(' ');
        }
        return bytes.toString(StandardCharsets.UTF_8);
    }

    private static void writeBytes(String token, ByteArrayOutputStream out) {
        for (int i = 0; i < token.length(); i++) {
            if (ByteAlphabet.byteOf(token.charAt(i)) < 0) {
                out.writeBytes(token.getBytes(StandardCharsets.UTF_8));
                return;
            }
        }
        for (int i = 0; i < token.length(); i++) out.write(ByteAlphabet.byteOf(token.charAt(i)));
    }
}
