package io.github.smalti.bench.peers;

/// A decoder step. Steps fill the cache from position 0 on; a position can be repeated.
interface StepWork extends Work {
    /// Which position the next runs are of.
    void at(int position) throws Exception;

    /// Runs steps that fill the cache.
    ///
    /// @param from the first
    /// @param to   the one behind the last
    default void fill(int from, int to) throws Exception {
        for (int position = from; position < to; position++) {
            at(position);
            run();
        }
    }

    /// The work of a workload that is made of such steps.
    ///
    /// @param words the workload: B or G at a position, C a whole loop, H the first step
    static Work of(StepWork step, CachedNetwork network, String[] words) throws Exception {
        if (words[0].equals("C")) return new Loop(step, (StepNetwork) network);
        return new LateStep(step, words[0].equals("H") ? 0 : Integer.parseInt(words[3]));
    }
}
