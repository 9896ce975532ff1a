package io.github.smalti.tokenizer.internal;

import io.github.smalti.core.json.JsonException;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.tokenizer.TokenizerException;
import java.nio.file.Path;
import java.util.List;

/// Reads merge rules: `merges.txt` (a pair of tokens a line, in rank order) or the `merges` of a `tokenizer.json`.
public final class MergeRules {
    private static final int LONGEST_LINE = 4096;

    private final Path file;
    private final Vocabulary vocabulary;
    private final MergeTable table;
    private int rank;

    private MergeRules(Path file, Vocabulary vocabulary, int count) {
        this.file = file;
        this.vocabulary = vocabulary;
        this.table = new MergeTable(count);
    }

    /// Reads `merges.txt`. A first line that starts with `#version` and empty lines at the end are passed over; lines
    /// may end with CR LF.
    public static MergeTable read(Path file, Vocabulary vocabulary) {
        List<String> lines = TokenizerFiles.text(file).lines().toList();
        int end = lines.size();
        while (end > 0 && lines.get(end - 1).isEmpty()) end--;
        int start = end > 0 && lines.getFirst().startsWith("#version") ? 1 : 0;
        return of(file, lines.subList(start, end), start + 1, vocabulary);
    }

    /// Reads lines of pairs.
    ///
    /// @param file       where they came from
    /// @param lines      the lines, in rank order
    /// @param firstLine  the number of the first line, for messages
    /// @param vocabulary the tokens
    static MergeTable of(Path file, List<String> lines, int firstLine, Vocabulary vocabulary) {
        var rules = new MergeRules(file, vocabulary, lines.size());
        for (int i = 0; i < lines.size(); i++) rules.add(lines.get(i), "line " + (i + firstLine));
        return rules.table;
    }

    /// Reads the `merges` array of a `tokenizer.json`: strings `"a b"`, or pairs `["a", "b"]` (files since 2024).
    public static MergeTable read(Path file, JsonValue merges, Vocabulary vocabulary) {
        try {
            List<JsonValue> values = merges.asArray();
            var rules = new MergeRules(file, vocabulary, values.size());
            for (int i = 0; i < values.size(); i++) {
                String where = "merge " + i;
                if (values.get(i) instanceof JsonValue.Arr(var parts)) {
                    if (parts.size() != 2) throw rules.fail(where + " has " + parts.size() + " parts, expected 2");
                    rules.add(parts.get(0).asString(), parts.get(1).asString(), where);
                } else {
                    rules.add(values.get(i).asString(), where);
                }
            }
            return rules.table;
        } catch (JsonException e) {
            throw new TokenizerException(file, "merges: " + e.getMessage());
        }
    }

    private void add(String line, String where) {
        if (line.length() > LONGEST_LINE) {
            throw fail(where + " has " + line.length() + " characters, at most " + LONGEST_LINE + " are expected");
        }
        int space = line.indexOf(' ');
        boolean isPair = space > 0 && space < line.length() - 1 && line.indexOf(' ', space + 1) < 0;
        if (!isPair) throw fail(where + " is \"" + line + "\", expected two tokens with one space between");
        add(line.substring(0, space), line.substring(space + 1), where);
    }

    private void add(String left, String right, String where) {
        int leftId = known(left, "part", left, right, where);
        int rightId = known(right, "part", left, right, where);
        int result = known(left + right, "result", left, right, where);
        if (!table.add(leftId, rightId, rank++, result)) {
            throw fail(where + ": \"" + left + " " + right + "\" appears twice");
        }
    }

    private int known(String token, String what, String left, String right, String where) {
        int id = vocabulary.find(token);
        if (id >= 0) return id;
        throw fail(where + ": the " + what + " \"" + token + "\" of \"" + left + " " + right
                + "\" is not in the vocabulary");
    }

    private TokenizerException fail(String detail) { return new TokenizerException(file, detail); }
}
