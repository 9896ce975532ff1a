package io.github.smalti.bench;

import java.util.List;

/// Neighbouring steps whose median stands for one position.
///
/// @param from first step
/// @param to   last step
record Window(int from, int to) {
    private static final int WIDTH = 8;

    /// The beginning, the middle and the end of a loop; step 0 contains the prefill and is left out.
    ///
    /// @param steps steps of the loop, at least 2
    static List<Window> of(int steps) {
        int width = Math.min(WIDTH, steps - 1);
        int middle = Math.max(1, steps / 2 - width / 2);
        return List.of(new Window(1, width), new Window(middle, middle + width - 1),
                new Window(steps - width, steps - 1));
    }

    boolean contains(int step) { return step >= from && step <= to; }

    int middle() { return (from + to) / 2; }

    double medianSeconds(Drawing drawing) {
        var series = new Series();
        for (int step = from; step <= to; step++) series.add(drawing.seconds(step));
        return series.median();
    }

    @Override
    public String toString() { return from + "-" + to; }
}
