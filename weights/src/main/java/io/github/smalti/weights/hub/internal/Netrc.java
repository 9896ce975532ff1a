package io.github.smalti.weights.hub.internal;

import java.util.Arrays;
import java.util.Iterator;

/// The passwords that a `.netrc` file holds for machines.
public final class Netrc {
    private Netrc() {}

    /// The password of a machine; that of `default` is meant for others and never given.
    ///
    /// @param text    the file
    /// @param machine host, with its port where that is not the usual one
    /// @return the password, or null
    public static String password(String text, String machine) {
        Iterator<String> words = Arrays.stream(withoutMacros(text).split("\\s+")).filter(w -> !w.isEmpty()).iterator();
        boolean isMeant = false;
        while (words.hasNext()) {
            switch (words.next()) {
                case "machine" -> isMeant = words.hasNext() && words.next().equalsIgnoreCase(machine);
                case "default" -> isMeant = false;
                case "login", "account" -> {
                    if (words.hasNext()) words.next();
                }
                case "password" -> {
                    String word = words.hasNext() ? unquoted(words.next()) : null;
                    if (isMeant) return word;
                }
                default -> {} // what other programs understand
            }
        }
        return null;
    }

    /// Without comments and macros, which end at an empty line.
    private static String withoutMacros(String text) {
        var out = new StringBuilder();
        boolean isMacro = false;
        for (String line : text.split("\\R")) {
            if (line.isBlank()) isMacro = false;
            if (line.stripLeading().startsWith("macdef")) isMacro = true;
            if (!isMacro && !line.stripLeading().startsWith("#")) out.append(line).append('\n');
        }
        return out.toString();
    }

    private static String unquoted(String word) {
        boolean quoted = word.length() >= 2 && word.startsWith("\"") && word.endsWith("\"");
        return quoted ? word.substring(1, word.length() - 1) : word;
    }
}
