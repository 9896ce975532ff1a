package io.github.smalti.tokenizer.internal;

/// The cleaning of CLIP's tokenizer: repair, HTML entities twice, white space merged, small letters.
public final class ClipText {
    private ClipText() {}

    /// The text as CLIP's splitter sees it.
    public static String clean(String text) {
        String unescaped = HtmlEntities.unescape(HtmlEntities.unescape(TextRepair.repair(text)));
        return LowerCase.of(mergeSpaces(unescaped));
    }

    /// One space for every run of white space, none at the ends.
    private static String mergeSpaces(String text) {
        var out = new StringBuilder(text.length());
        boolean pending = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (CharacterClass.isSpace(c)) {
                pending = !out.isEmpty();
            } else {
                if (pending) out.append(' ');
                pending = false;
                out.append(c);
            }
        }
        return out.toString();
    }
}
