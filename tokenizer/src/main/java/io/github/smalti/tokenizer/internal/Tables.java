package io.github.smalti.tokenizer.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// Reads the text tables that lie beside the classes.
final class Tables {
    private Tables() {}

    /// The lines of a table; lines that start with `#` say how it was made and are left out.
    static List<String> lines(String name) {
        try (InputStream in = Tables.class.getResourceAsStream(name)) {
            if (in == null) throw new IllegalStateException("the library lacks its own table " + name);
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return text.lines().filter(line -> !line.isEmpty() && !line.startsWith("#")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Code points in hexadecimal with spaces between, as text.
    static String characters(String hex) {
        var out = new StringBuilder();
        for (String one : hex.split(" ")) out.appendCodePoint(Integer.parseInt(one, 16));
        return out.toString();
    }
}
