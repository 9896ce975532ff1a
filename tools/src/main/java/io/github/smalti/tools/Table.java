package io.github.smalti.tools;

import java.util.ArrayList;
import java.util.List;

/// Columns side by side; the last one is flush left, the others flush right.
final class Table {
    private final List<String[]> rows = new ArrayList<>();

    /// A table with a head.
    ///
    /// @param head names of the columns
    Table(String... head) { rows.add(head); }

    /// Adds a row.
    ///
    /// @param cells as many as there are columns
    void add(String... cells) { rows.add(cells); }

    /// Prints all rows.
    ///
    /// @param terminal where
    void print(Terminal terminal) {
        int columns = rows.getFirst().length;
        int[] widths = new int[columns];
        for (String[] row : rows) {
            for (int i = 0; i < columns; i++) widths[i] = Math.max(widths[i], row[i].length());
        }
        for (String[] row : rows) {
            var line = new StringBuilder();
            for (int i = 0; i < columns - 1; i++) {
                line.append(" ".repeat(widths[i] - row[i].length())).append(row[i]).append("  ");
            }
            terminal.print(line.append(row[columns - 1]).toString());
        }
    }
}
