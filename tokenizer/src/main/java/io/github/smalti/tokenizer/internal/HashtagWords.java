package io.github.smalti.tokenizer.internal;

import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Finds the words of a hashtag: of all ways to cut it, the one whose words are the most frequent.
///
/// A word of rank r costs log(r) (Zipf's law); the cheapest cut is found by dynamic programming (wordninja's method, as
/// dalle-mini adapted it). Time is length times the longest word.
public final class HashtagWords {
    /// Longer entries of a list are no words.
    private static final int LONGEST_WORD = 64;

    private final Map<String, Double> costs;
    private final int longest;

    /// Keeps a word list.
    ///
    /// @param wordsByFrequency the most frequent first; if a word appears twice, its last place counts
    public HashtagWords(List<String> wordsByFrequency) {
        costs = HashMap.newHashMap(wordsByFrequency.size());
        int max = 0;
        for (int i = 0; i < wordsByFrequency.size(); i++) {
            String word = wordsByFrequency.get(i);
            if (word.isEmpty() || word.length() > LONGEST_WORD) continue;
            costs.put(word, Math.log(i + 1.0));
            max = Math.max(max, word.length());
        }
        longest = max;
    }

    /// The words of a hashtag, with spaces between.
    ///
    /// @param tag letters, digits and underscores, in ASCII; underscores part words
    String split(String tag) {
        var out = new StringBuilder();
        for (String part : tag.split("_+")) {
            if (part.isEmpty()) continue;
            if (!out.isEmpty()) out.append(' ');
            appendWords(part, out);
        }
        return out.toString();
    }

    private void appendWords(String text, StringBuilder out) {
        int[] lengths = cheapestLastWords(text.toLowerCase(Locale.ROOT));
        var starts = new BitSet(text.length());
        for (int end = text.length(); end > 0; end -= lengths[end]) {
            boolean insideNumber = end < text.length() && isDigit(text.charAt(end - 1)) && isDigit(text.charAt(end));
            if (insideNumber) starts.clear(end);
            starts.set(end - lengths[end]);
        }
        for (int i = 0; i < text.length(); i++) {
            if (i > 0 && starts.get(i)) out.append(' ');
            out.append(text.charAt(i));
        }
    }

    /// For each end, the length of the last word of the cheapest cut up to there; 1 where nothing is known.
    private int[] cheapestLastWords(String text) {
        double[] cost = new double[text.length() + 1];
        int[] lengths = new int[text.length() + 1];
        for (int end = 1; end <= text.length(); end++) {
            double best = Double.POSITIVE_INFINITY;
            int bestLength = 1;
            for (int length = 1; length <= Math.min(end, longest); length++) {
                Double word = costs.get(text.substring(end - length, end));
                double total = word == null ? Double.POSITIVE_INFINITY : cost[end - length] + word;
                if (total < best) {
                    best = total;
                    bestLength = length;
                }
            }
            cost[end] = best;
            lengths[end] = bestLength;
        }
        return lengths;
    }

    private static boolean isDigit(char c) { return c >= '0' && c <= '9'; }
}
