package io.github.smalti.weights.hub.internal;

import io.github.smalti.weights.hub.PullListener;
import io.github.smalti.weights.hub.PullProgress;
import java.util.ArrayDeque;

/// Counts the bytes of a whole pull and tells a listener, at most ten times a second. Belongs to one pull.
public final class Tally implements Download.Watcher {
    private static final long PAUSE_NANOS = 100_000_000;
    private static final long WINDOW_NANOS = 5_000_000_000L;
    private static final double NANOS = 1e-9;

    private record Mark(long time, long received) {}

    private final PullListener listener;
    private final ArrayDeque<Mark> marks = new ArrayDeque<>();
    private String file = "";
    private long done;
    private long total;
    private long received;
    private long told;
    private boolean isRestOfPartial;

    /// Begins at zero.
    ///
    /// @param listener whom to tell
    public Tally(PullListener listener) {
        this.listener = listener;
        marks.add(new Mark(System.nanoTime(), 0));
    }

    /// More has to be fetched than was known.
    ///
    /// @param bytes how much, or -1 if nobody knows
    public void expect(long bytes) { total = bytes < 0 || total < 0 ? -1 : total + bytes; }

    /// Begins a file.
    ///
    /// @param name its name
    public void begin(String name) {
        file = name;
        isRestOfPartial = true;
        tell("");
    }

    /// Ends a file.
    ///
    /// @param bytes its length if it was there already, else 0
    public void end(long bytes) {
        done += bytes;
        tell("");
    }

    @Override
    public void moved(long bytes) {
        done += bytes;
        if (!isRestOfPartial) received += Math.max(bytes, 0); // the first report is what an earlier pull left
        isRestOfPartial = false;
        if (System.nanoTime() - told >= PAUSE_NANOS) tell("");
    }

    @Override
    public void waits() { if (System.nanoTime() - told >= PAUSE_NANOS) tell("another process fetches it"); }

    private void tell(String note) {
        told = System.nanoTime();
        marks.add(new Mark(told, received));
        while (marks.size() > 2 && told - marks.getFirst().time() > WINDOW_NANOS) marks.removeFirst();
        Mark first = marks.getFirst();
        double seconds = (told - first.time()) * NANOS;
        listener.on(new PullProgress(file, note, done, total,
                seconds <= 0 ? 0 : (received - first.received()) / seconds));
    }
}
