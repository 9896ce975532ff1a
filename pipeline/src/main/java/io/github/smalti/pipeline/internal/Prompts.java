package io.github.smalti.pipeline.internal;

import io.github.smalti.tokenizer.TextNormalizer;
import io.github.smalti.tokenizer.TokenIds;
import io.github.smalti.tokenizer.Tokenizer;
import io.github.smalti.transformer.CodeGenerator;
import io.github.smalti.transformer.PromptKind;
import io.github.smalti.transformer.TextIds;
import java.util.List;

/// Turns prompts into the ids that a transformer reads. Immutable and thread-safe.
///
/// @param tokenizer  the model's tokenizer; null if its prompts are no texts
/// @param kind       what its prompts are
/// @param textLength ids of a text
/// @param normalizes whether the model was trained on normalised text
public record Prompts(Tokenizer tokenizer, PromptKind kind, int textLength, boolean normalizes) {
    /// Characters of a prompt that are read; the rest is cut off with a warning. No published model reads more than 256
    /// tokens.
    public static final int MAX_PROMPT = 1 << 16;
    private static final int QUOTED = 200;

    /// The prompts of a model.
    ///
    /// @param tokenizer its tokenizer; null if its prompts are no texts
    /// @param generator its transformer
    public Prompts(Tokenizer tokenizer, CodeGenerator generator) {
        this(tokenizer, generator.promptKind(), generator.textLength(), generator.normalizesText());
    }

    /// The part of a prompt that is read at all: at most [#MAX_PROMPT] characters, no half of a surrogate pair.
    ///
    /// @param prompt any text
    public static String readable(String prompt) {
        if (prompt.length() <= MAX_PROMPT) return prompt;
        int end = Character.isHighSurrogate(prompt.charAt(MAX_PROMPT - 1)) ? MAX_PROMPT - 1 : MAX_PROMPT;
        return prompt.substring(0, end);
    }

    /// Encodes a prompt. A blank one is the empty prompt of the training, without a word, which is never normalised.
    ///
    /// @param what     what the text is, for the warning
    /// @param prompt   any text
    /// @param warnings where a sentence is added if something was cut
    /// @return its ids
    /// @throws IllegalArgumentException if the model draws classes and the prompt is not the number of one
    public TextIds encode(String what, String prompt, List<String> warnings) {
        return switch (kind) {
            case TEXT -> text(what, prompt, warnings);
            case CLASS -> new TextIds(new int[]{classNumber(what, prompt)}, 1);
            case NONE -> {
                if (!prompt.isBlank()) warnings.add("the " + what + " has no effect: this model takes none");
                yield new TextIds(new int[]{0}, 1);
            }
        };
    }

    private static int classNumber(String what, String prompt) {
        String number = prompt.strip();
        if (number.matches("\\d{1,9}")) return Integer.parseInt(number);
        throw new IllegalArgumentException(
                "the " + what + " of this model is the number of a class that it was trained "
                        + "on, from 0 on, such as 207; found \"" + quote(prompt) + "\""
                        + (what.equals("prompt") ? "" : "; take guidance 1 to draw the prompt's class alone"));
    }

    private TextIds text(String what, String prompt, List<String> warnings) {
        String read = readable(prompt);
        String text = read;
        if (read.isBlank()) {
            text = "";
        } else if (normalizes) { text = new TextNormalizer().normalize(read); }
        TokenIds ids = tokenizer.encode(text, textLength);
        String cut = ids.cut().isBlank() ? prompt.substring(read.length()) : ids.cut();
        if (!cut.isBlank()) warnings.add(cutWarning(what, cut));
        return new TextIds(ids.ids(), Math.max(1, ids.length())); // minDALL-E's empty text is padding alone
    }

    private String cutWarning(String what, String cut) {
        return "the " + what + " is longer than the " + textLength + " tokens that the model reads: it ignores \""
                + quote(cut) + "\"";
    }

    /// Foreign text for a warning: its start, on one line.
    ///
    /// @param text any text
    public static String quote(String text) {
        String start = text.strip();
        return Visible.text(start.length() > QUOTED ? start.substring(0, QUOTED) + "…" : start);
    }
}
