package io.github.smalti.bench;

import java.util.List;

/// Stages that share a loaded model; one group is in memory at a time, so that peaks belong to it.
interface StageGroup extends AutoCloseable {
    /// Stages that load for themselves; they run before [#open].
    List<Stage> beforeLoading();

    /// Loads the model.
    ///
    /// @return the stages that use it, until [#close]
    List<Stage> open();

    /// Frees the model.
    @Override
    void close();
}
