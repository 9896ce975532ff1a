package io.github.smalti.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Where the time of a decoder step goes.
///
/// | part | how it is measured |
/// |---|---|
/// | matrix products, attention, norms and activations | time during which at least one thread was in such a kernel |
/// | sampling | from the end of the head's product to the end of the step |
/// | rest | what remains: hand-overs and barriers, embedding, residual sums, storing keys and values |
final class StepParts implements Stage {
    private static final String[] NAMES = {"matrix products", "attention", "norms, activations", "sampling", "rest"};

    /// Draws a number of steps.
    @FunctionalInterface
    interface Loop {
        /// Runs them.
        Drawing draw(int steps, Drawing.StepListener listener);
    }

    private final Setup setup;
    private final int steps;
    private final Loop loop;
    private final List<Window> windows;
    private final List<Series[]> seconds = new ArrayList<>();
    private final Series[] whole;

    /// Prepares.
    ///
    /// @param setup how to measure
    /// @param steps steps of the loop
    /// @param loop  draws them
    StepParts(Setup setup, int steps, Loop loop) {
        this.setup = setup;
        this.steps = steps;
        this.loop = loop;
        windows = Window.of(steps);
        whole = new Series[windows.size()];
        clear();
    }

    @Override
    public void forget() { clear(); }

    private void clear() {
        seconds.clear();
        for (int i = 0; i < whole.length; i++) {
            whole[i] = new Series();
            var parts = new Series[NAMES.length];
            for (int j = 0; j < parts.length; j++) parts[j] = new Series();
            seconds.add(parts);
        }
    }

    @Override
    public List<Line> lines() { return List.of(); }

    @Override
    public String word() { return "parts"; }

    @Override
    public double[] run() {
        setup.timing().switchOn(true);
        try {
            loop.draw(steps, this::stepDone);
        } finally {
            setup.timing().switchOn(false);
        }
        return new double[0];
    }

    private void stepDone(int position, long start, long end) {
        for (int i = 0; i < windows.size(); i++) if (windows.get(i).contains(position)) add(i, start, end);
        setup.timing().forget();
    }

    private void add(int window, long start, long end) {
        long[] busy = setup.timing().busyNanos();
        double all = end - start;
        double matmul = busy[TimingKernels.Kind.MATMUL.ordinal()];
        double attention = busy[TimingKernels.Kind.ATTENTION.ordinal()];
        double pointwise = busy[TimingKernels.Kind.POINTWISE.ordinal()];
        double sampling = end - setup.timing().matmulSpan(0)[1];
        double[] parts = {matmul, attention, pointwise, sampling, all - matmul - attention - pointwise - sampling};
        for (int i = 0; i < parts.length; i++) seconds.get(window)[i].add(parts[i] * 1e-9);
        whole[window].add(all * 1e-9);
    }

    /// The table.
    ///
    /// @param plain median seconds of the same steps without notes, by window; NaN where they were not measured
    Table table(double[] plain) {
        var table = new Table("step", "ms", "matrix products", "attention", "norms, activations", "sampling", "rest",
                "not products", "notes cost");
        for (int w = 0; w < windows.size(); w++) {
            double all = whole[w].median();
            List<String> cells = new ArrayList<>(List.of(windows.get(w).toString(), Table.number(all * 1e3)));
            for (Series part : seconds.get(w)) cells.add(Table.percent(part.median() / all));
            cells.add(Table.percent(1 - seconds.get(w)[0].median() / all));
            cells.add(Double.isNaN(plain[w]) ? "-" : String.format(Locale.ROOT, "%+.1f%%", 100 * (all / plain[w] - 1)));
            table.add(cells.toArray(String[]::new));
        }
        return table;
    }

    /// The same for machines.
    List<Map<String, Object>> json() {
        List<Map<String, Object>> out = new ArrayList<>();
        for (int w = 0; w < windows.size(); w++) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("steps", windows.get(w).toString());
            entry.put("seconds", whole[w].median());
            for (int i = 0; i < NAMES.length; i++) entry.put(NAMES[i], seconds.get(w)[i].median());
            out.add(entry);
        }
        return out;
    }

    boolean isMeasured() { return whole[0].size() > 0; }
}
