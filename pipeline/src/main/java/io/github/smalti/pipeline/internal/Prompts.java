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
/// @param kind       what the model draws from
/// @param tokenizer  the model's tokenizer, or null if it reads no text
/// @param textLength ids of a text
/// @param normalizes whether the model was trained on normalised text
public record Prompts(PromptKind kind, Tokenizer tokenizer, int textLength, boolean normalizes) {
    /// Characters of a prompt that are read; the rest is cut off with a warning. No published model reads more than 256
    /// tokens.
    public static final int MAX_PROMPT = 1 << 16;
    private static final int QUOTED = 200;

    /// The part of a prompt that is read at all: at most [#MAX_PROMPT] characters, no half of a surrogate pair.
    ///
    /// @param prompt any text
    public static String readable(String prompt) {
        if (prompt.length() <= MAX_PROMPT) return prompt;
        int end = Character.isHighSurrogate(prompt.charAt(MAX_PROMPT - 1)) ? MAX_PROMPT - 1 : MAX_PROMPT;
        return prompt.substring(0, end);
    }

    /// Prompts of a model.
    ///
    /// @param stages the model
    public static Prompts of(Stages stages) {
        CodeGenerator generator = stages.generator();
        return new Prompts(generator.promptKind(), stages.tokenizer(), generator.textLength(),
                generator.normalizesText());
    }

    /// Encodes a prompt. A blank one is the empty prompt of the training, which is never normalised; where the model draws
    /// classes the prompt is the number of one.
    ///
    /// @param what     what the text is, for the warning
    /// @param prompt   any text
    /// @param warnings where a sentence is added if something was cut
    /// @return its ids
    /// @throws IllegalArgumentException if the prompt is no number and should be one
    public TextIds encode(String what, String prompt, List<String> warnings) {
        if (kind == PromptKind.NONE) return new TextIds(new int[]{0}, 1);
        if (kind == PromptKind.CLASS) return new TextIds(new int[]{classNumber(what, prompt)}, 1);
        String read = readable(prompt);
        String text = read;
        if (read.isBlank()) {
            text = "";
        } else if (normalizes) { text = new TextNormalizer().normalize(read); }
        TokenIds ids = tokenizer.encode(text, textLength);
        String cut = ids.cut().isBlank() ? prompt.substring(read.length()) : ids.cut();
        if (!cut.isBlank()) warnings.add(cutWarning(what, cut));
        return new TextIds(ids.ids(), Math.max(1, ids.length())); // pads alone where there are no marks
    }

    private static int classNumber(String what, String prompt) {
        try {
            int number = Integer.parseInt(prompt.strip());
            if (number >= 0) return number;
        } catch (NumberFormatException _) {
            // told below
        }
        throw new IllegalArgumentException(
                what + ": this model draws classes: expected the number of one, such as 207, "
                        + "found \"" + quote(prompt) + "\"");
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
