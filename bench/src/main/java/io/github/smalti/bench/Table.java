package io.github.smalti.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Columns side by side as a Markdown table; the first is flush left, the others flush right.
final class Table {
    private final List<String[]> rows = new ArrayList<>();

    Table(String... head) { rows.add(head); }

    void add(String... cells) { rows.add(cells); }

    /// A number with three or four digits.
    static String number(double value) {
        if (Double.isNaN(value)) return "-";
        double size = Math.abs(value);
        String format = size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3f";
        return String.format(Locale.ROOT, format, value);
    }

    static String percent(double share) {
        return Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.1f%%", 100 * share);
    }

    /// Bytes in MB of 10^6, or `unknown`.
    static String megabytes(long bytes) { return bytes < 0 ? "unknown" : Long.toString(Math.round(bytes / 1e6)); }

    @Override
    public String toString() {
        int columns = rows.getFirst().length;
        int[] widths = new int[columns];
        for (String[] row : rows) {
            for (int i = 0; i < columns; i++) widths[i] = Math.max(widths[i], row[i].length());
        }
        var out = new StringBuilder();
        for (int r = 0; r < rows.size(); r++) {
            for (int i = 0; i < columns; i++) {
                String cell = rows.get(r)[i];
                String room = " ".repeat(widths[i] - cell.length());
                out.append("| ").append(i == 0 ? cell + room : room + cell).append(' ');
            }
            out.append("|\n");
            if (r > 0) continue;
            for (int i = 0; i < columns; i++) {
                out.append('|').append("-".repeat(widths[i] + 1)).append(i == 0 ? '-' : ':');
            }
            out.append("|\n");
        }
        return out.toString();
    }
}
