package io.github.smalti.transformer;

/// Watches a drawing and may stop it.
@FunctionalInterface
public interface CodeListener {
    /// Called after each token, on the drawing thread.
    ///
    /// @param tokensDone codes drawn so far of each image
    /// @param codes      the images' codes, filled up to tokensDone; not to be changed
    /// @return false to stop: [CodeGenerator#generate] then throws [GenerationCancelledException]
    boolean tokenDone(int tokensDone, int[][] codes);
}
