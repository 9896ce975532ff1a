package io.github.smalti.tokenizer.internal;

/// The normaliser of dalle-mini, step by step in upstream's order (text.py @ f0be4de).
public final class PromptText {
    private PromptText() {}

    /// The normalised prompt, which begins with one space.
    ///
    /// @param prompt any text
    /// @param words  finds the words of hashtags; null leaves them in one piece
    public static String normalize(String prompt, HashtagWords words) {
        String unescaped = HtmlEntities.unescape(HtmlEntities.unescape(TextRepair.repair(prompt)));
        String text = Ascii.lower(Transliterator.ascii(EmojiNames.replace(unescaped)));
        text = PromptMarkup.replacePersons(text);
        text = PromptMarkup.removeReferences(text);
        text = PromptMarkup.removeTags(text);
        text = PromptMarkup.removeLinks(text);
        text = PromptPunctuation.removeCommasOfNumbers(PromptPunctuation.removeCommasOfNumbers(text));
        text = PromptPunctuation.spellKept(text);
        text = PromptPunctuation.separateSymbols(text);
        text = PromptMarkup.expandHashtags(text, words);
        text = PromptPunctuation.simplify(text);
        text = PromptPunctuation.restoreKept(text);
        text = PromptPunctuation.removeRepeats(text);
        text = PromptPunctuation.mergeRuns(text, '"', " \" ");
        text = PromptPunctuation.mergeRuns(text, ',', ", ");
        text = PromptPunctuation.mergeSpaces(text);
        return " " + PromptPunctuation.trimCommas(text);
    }
}
