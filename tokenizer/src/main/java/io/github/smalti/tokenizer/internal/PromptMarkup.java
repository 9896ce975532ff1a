package io.github.smalti.tokenizer.internal;

/// The first rules of the normaliser: what a prompt holds beside its words. Small ASCII letters in, the same out.
///
/// Each method stands for one regular expression of dalle-mini's text.py @ f0be4de, done by hand in one pass.
final class PromptMarkup {
    private static final String PERSON = "<person>";
    /// Upstream draws one of three wordings at random; this one has two thirds of the weight.
    private static final String A_PERSON = " a person ";
    private static final String PEOPLE = " people ";

    private PromptMarkup() {}

    /// `<person>`, which stands for a name in a part of the training data, becomes words.
    static String replacePersons(String text) {
        int at = text.indexOf(PERSON);
        if (at < 0) return text;
        var out = new StringBuilder(text.length());
        int copied = 0;
        while (at >= 0) {
            int end = at + PERSON.length();
            int next = nextPersonOfRow(text, end);
            boolean several = next >= 0;
            while (next >= 0) {
                end = next;
                next = nextPersonOfRow(text, end);
            }
            out.append(text, copied, at).append(several ? PEOPLE : A_PERSON);
            copied = end;
            at = text.indexOf(PERSON, end);
        }
        return out.append(text, copied, text.length()).toString();
    }

    /// The end of a person that follows with nothing but commas, spaces and "and" between, or -1.
    private static int nextPersonOfRow(String text, int from) {
        int at = skipSeparators(text, from);
        while (text.startsWith("and", at)) at += 3;
        at = skipSeparators(text, at);
        return text.startsWith(PERSON, at) ? at + PERSON.length() : -1;
    }

    private static int skipSeparators(String text, int from) {
        int at = from;
        while (at < text.length() && (text.charAt(at) == ',' || Ascii.isSpace(text.charAt(at)))) at++;
        return at;
    }

    /// Removes a reference such as `[12]` from the start and from the end.
    static String removeReferences(String text) {
        int start = 0;
        while (start < text.length() && Ascii.isSpace(text.charAt(start))) start++;
        int close = referenceEnd(text, start);
        String rest = close > 0 ? text.substring(close) : text;
        int end = rest.length();
        while (end > 0 && Ascii.isSpace(rest.charAt(end - 1))) end--;
        if (end == 0 || rest.charAt(end - 1) != ']') return rest;
        int open = end - 2;
        while (open >= 0 && Ascii.isDigit(rest.charAt(open))) open--;
        boolean isReference = open >= 0 && rest.charAt(open) == '[' && open < end - 2;
        return isReference ? rest.substring(0, open) : rest;
    }

    private static int referenceEnd(String text, int start) {
        if (start >= text.length() || text.charAt(start) != '[') return -1;
        int at = start + 1;
        while (at < text.length() && Ascii.isDigit(text.charAt(at))) at++;
        return at > start + 1 && at < text.length() && text.charAt(at) == ']' ? at + 1 : -1;
    }

    /// `<[^<]+?>` becomes a space.
    static String removeTags(String text) {
        var out = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            int end = c == '<' ? tagEnd(text, at) : -1;
            if (end < 0) {
                out.append(c);
                at++;
            } else {
                out.append(' ');
                at = end;
            }
        }
        return out.toString();
    }

    private static int tagEnd(String text, int open) {
        for (int i = open + 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '<') return -1;
            if (c == '>' && i > open + 1) return i + 1;
        }
        return -1;
    }

    /// Removes `http` with all that follows up to the next space.
    static String removeLinks(String text) {
        var out = new StringBuilder(text.length());
        int copied = 0;
        int link = text.indexOf("http");
        while (link >= 0) {
            int end = link + 4;
            while (end < text.length() && !Ascii.isSpace(text.charAt(end))) end++;
            if (end > link + 4) {
                out.append(text, copied, link);
                copied = end;
            }
            link = text.indexOf("http", end);
        }
        return out.append(text, copied, text.length()).toString();
    }

    /// Removes `#` and parts the words of the tag.
    ///
    /// @param words how to find the words; null leaves a tag in one piece, underscores apart
    static String expandHashtags(String text, HashtagWords words) {
        var out = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            int end = at + 1;
            while (c == '#' && end < text.length() && Ascii.isWord(text.charAt(end))) end++;
            if (end == at + 1) {
                out.append(c);
            } else {
                String tag = text.substring(at + 1, end);
                out.append(words == null ? tag.replace('_', ' ') : words.split(tag));
            }
            at = end;
        }
        return out.toString();
    }
}
