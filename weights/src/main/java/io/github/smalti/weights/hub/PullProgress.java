package io.github.smalti.weights.hub;

/// How far a pull is.
///
/// @param file           name of the file that is being fetched
/// @param note           what is being waited for, such as another process, or ""
/// @param doneBytes      bytes of all files that are there, those found in the cache included
/// @param totalBytes     bytes of all files, or -1 while unknown
/// @param bytesPerSecond by the last seconds, 0 while unknown
public record PullProgress(String file, String note, long doneBytes, long totalBytes, double bytesPerSecond) {
    /// Time left at the present rate, or -1 while unknown.
    public double secondsLeft() {
        return totalBytes < 0 || bytesPerSecond <= 0 ? -1 : (totalBytes - doneBytes) / bytesPerSecond;
    }
}
