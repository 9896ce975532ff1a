package io.github.smalti.bench.peers;

/// A decoder step. Steps fill the cache from position 0 on; a position can be repeated.
interface StepWork extends Work {
    /// Which position the next runs are of.
    void at(int position) throws Exception;

    @Override
    default boolean become(String[] words) throws Exception {
        if (!words[0].equals("B")) return false;
        at(Integer.parseInt(words[3]));
        return true;
    }

    /// The work of a workload that is made of such steps.
    ///
    /// @param words the workload: B at a position, C a whole loop, H the first step
    static Work of(StepWork step, StepNetwork network, String[] words) throws Exception {
        if (words[0].equals("C")) return new Loop(step, network);
        int last = words[0].equals("B") ? network.positions() - 1 : -1;
        for (int position = 0; position <= last; position++) {
            step.at(position);
            step.run();
        }
        step.at(words[0].equals("B") ? Integer.parseInt(words[3]) : 0);
        return step;
    }
}
