package io.github.smalti.weights.hub;

import java.time.Duration;

/// How long a download waits for a slow or failing server.
///
/// Failures in a row without a byte received are counted; the pause before the next try doubles each time, from
/// `firstPause` to `longestPause`, by a random share between one half and the whole. A server's `Retry-After` goes first.
///
/// @param tries        tries in a row without progress before giving up, at least 1
/// @param firstPause   longest first pause
/// @param longestPause longest pause of our own
/// @param longestAsked longest pause that a server may ask for; longer ones end the pull
/// @param answer       longest wait for a connection, and for the head of an answer
/// @param stall        a body that brings less than `stallBytes` in such a time counts as cut
/// @param stallBytes   bytes
public record Patience(int tries, Duration firstPause, Duration longestPause, Duration longestAsked, Duration answer,
        Duration stall, long stallBytes) {
    /// 6 tries, pauses of 0.5 to 30 s, up to 5 minutes if asked, 30 s for an answer, at least 32 KiB in 30 s.
    public static final Patience DEFAULT = new Patience(6, Duration.ofMillis(500), Duration.ofSeconds(30),
            Duration.ofMinutes(5), Duration.ofSeconds(30), Duration.ofSeconds(30), 32 << 10);

    /// Checks the number of tries.
    public Patience { if (tries < 1) throw new IllegalArgumentException("tries: expected at least 1, found " + tries); }
}
