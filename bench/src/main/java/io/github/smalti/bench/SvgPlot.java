package io.github.smalti.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A row of small plots as SVG: on each, measured points and lines beside a dashed prediction, both axes logarithmic.
final class SvgPlot {
    private static final int WIDTH = 300;
    private static final int HEIGHT = 230;
    private static final int LEFT = 52;
    private static final int RIGHT = 14;
    private static final int TOP = 34;
    private static final int BOTTOM = 42;
    private static final int LEGEND = 26;
    private static final String MEASURED = "#1f6feb";
    private static final String PREDICTED = "#57606a";

    /// A point of a panel.
    ///
    /// @param x         what grows
    /// @param measured  seconds
    /// @param predicted seconds at the machine's limit
    record Point(double x, double measured, double predicted) {}

    private record Panel(String title, String xLabel, List<Point> points) {}

    private final String yLabel;
    private final List<Panel> panels = new ArrayList<>();
    private final StringBuilder out = new StringBuilder();

    SvgPlot(String yLabel) { this.yLabel = yLabel; }

    /// Adds a plot.
    void add(String title, String xLabel, List<Point> points) { panels.add(new Panel(title, xLabel, points)); }

    /// The document.
    String svg() {
        int width = WIDTH * panels.size();
        int height = HEIGHT + LEGEND;
        line("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' width='%d' height='%d' "
                + "font-family='system-ui, sans-serif' font-size='11'>", width, height, width, height);
        line("<rect width='100%%' height='100%%' fill='white'/>");
        for (int i = 0; i < panels.size(); i++) panel(panels.get(i), i * WIDTH, i == 0);
        legend(height - 10);
        line("</svg>");
        return out.toString();
    }

    private void panel(Panel panel, int x0, boolean isFirst) {
        Axis x = Axis.of(panel.points.stream().mapToDouble(Point::x).toArray(), x0 + LEFT, x0 + WIDTH - RIGHT);
        double[] ys = panel.points.stream()
                .flatMapToDouble(p -> java.util.stream.DoubleStream.of(p.measured, p.predicted)).toArray();
        Axis y = Axis.of(ys, HEIGHT - BOTTOM, TOP);
        line("<text x='%d' y='18' text-anchor='middle' font-weight='600'>%s</text>", x0 + (LEFT + WIDTH - RIGHT) / 2,
                escaped(panel.title));
        line("<text x='%d' y='%d' text-anchor='middle'>%s</text>", x0 + (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8,
                escaped(panel.xLabel));
        if (isFirst) {
            line("<text transform='translate(12 %d) rotate(-90)' text-anchor='middle'>%s</text>", HEIGHT / 2,
                    escaped(yLabel));
        }
        for (double tick : y.ticks()) {
            line("<path d='M%d %.1fH%d' stroke='#d8dee4'/>", x0 + LEFT, y.at(tick), x0 + WIDTH - RIGHT);
            line("<text x='%d' y='%.1f' text-anchor='end'>%s</text>", x0 + LEFT - 5, y.at(tick) + 4, label(tick));
        }
        for (Point point : panel.points) {
            line("<path d='M%.1f %dv4' stroke='#57606a'/>", x.at(point.x), HEIGHT - BOTTOM);
            line("<text x='%.1f' y='%d' text-anchor='middle'>%s</text>", x.at(point.x), HEIGHT - BOTTOM + 16,
                    label(point.x));
        }
        path(panel, x, y, false);
        path(panel, x, y, true);
        for (Point point : panel.points) {
            line("<circle cx='%.1f' cy='%.1f' r='3' fill='%s'/>", x.at(point.x), y.at(point.measured), MEASURED);
        }
    }

    private void path(Panel panel, Axis x, Axis y, boolean isMeasured) {
        var d = new StringBuilder();
        for (Point point : panel.points) {
            d.append(d.isEmpty() ? 'M' : 'L').append(String.format(Locale.ROOT, "%.1f %.1f", x.at(point.x),
                    y.at(isMeasured ? point.measured : point.predicted)));
        }
        line("<path d='%s' fill='none' stroke='%s' stroke-width='1.6'%s/>", d, isMeasured ? MEASURED : PREDICTED,
                isMeasured ? "" : " stroke-dasharray='5 4'");
    }

    private void legend(int y) {
        line("<path d='M%d %dh24' stroke='%s' stroke-width='1.6'/><circle cx='%d' cy='%d' r='3' fill='%s'/>", LEFT,
                y - 4,
                MEASURED, LEFT + 12, y - 4, MEASURED);
        line("<text x='%d' y='%d'>measured</text>", LEFT + 32, y);
        line("<path d='M%d %dh24' stroke='%s' stroke-width='1.6' stroke-dasharray='5 4'/>", LEFT + 110, y - 4,
                PREDICTED);
        line("<text x='%d' y='%d'>at the machine's limit</text>", LEFT + 142, y);
    }

    /// A logarithmic axis between two places of the picture.
    private record Axis(double least, double most, double from, double to) {
        private static final double MARGIN = 1.15;

        static Axis of(double[] values, double from, double to) {
            double least = Double.MAX_VALUE;
            double most = 0;
            for (double value : values) {
                least = Math.min(least, value);
                most = Math.max(most, value);
            }
            return new Axis(least / MARGIN, most * MARGIN, from, to);
        }

        double at(double value) { return from + (to - from) * Math.log(value / least) / Math.log(most / least); }

        /// Round numbers, the fewer of a power of ten the longer the axis.
        List<Double> ticks() {
            double range = most / least;
            double[] steps = range > 200
                    ? new double[]{1}
                    : range > 4 ? new double[]{1, 2, 5} : new double[]{1, 1.5, 2, 3, 4, 5, 6, 8};
            List<Double> ticks = new ArrayList<>();
            for (double power = Math.pow(10, Math.floor(Math.log10(least))); power <= most; power *= 10) {
                for (double step : steps) {
                    if (step * power >= least && step * power <= most) ticks.add(step * power);
                }
            }
            return ticks;
        }
    }

    private static String label(double value) {
        String text = String.format(Locale.ROOT, "%.3g", value);
        return text.contains("e")
                ? String.format(Locale.ROOT, "%.0f", value)
                : text.contains(".") ? text.replaceAll("0+$", "").replaceAll("\\.$", "") : text;
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&#39;");
    }

    private void line(String format, Object... values) {
        out.append(String.format(Locale.ROOT, format, values)).append('\n');
    }
}
