package io.github.smalti.weights.hub.internal;

import io.github.smalti.weights.hub.HubException;
import io.github.smalti.weights.hub.Patience;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.concurrent.ThreadLocalRandom;

/// Pauses between tries, and the end of them. Belongs to one request or download.
final class Backoff {
    private final Patience patience;
    private int failures;

    /// Begins with no failure.
    ///
    /// @param patience how long to go on
    Backoff(Patience patience) { this.patience = patience; }

    /// Says that something was received, so that failures are counted anew.
    void progressed() { failures = 0; }

    /// Whether a status is worth another try.
    ///
    /// @param status HTTP status
    static boolean isPassing(int status) {
        return status == 408 || status == 425 || status == 429 || status == 500 || status == 502 || status == 503
                || status == 504;
    }

    /// Waits before the next try after a passing status.
    ///
    /// @param answer the answer
    /// @param what   what was asked for
    /// @throws HubException if it was tried often enough, or the server asks for too long a pause
    void after(Answer answer, String what) {
        String said = "the server " + answer.uri().getHost() + " answers " + answer.status();
        Duration asked = asked(answer.header("Retry-After"));
        if (asked.compareTo(patience.longestAsked()) > 0) {
            throw new HubException(what + ": " + said + " and asks to wait " + asked.toSeconds()
                    + " s; run the same command again then, it goes on where it stopped");
        }
        pause(said, asked, what, null);
    }

    /// Waits before the next try after a fault of the connection.
    ///
    /// @param fault the fault
    /// @param what  what was asked for
    /// @throws HubException if it was tried often enough
    void after(IOException fault, String what) { pause(Sentences.reason(fault), Duration.ZERO, what, fault); }

    private void pause(String said, Duration asked, String what, IOException fault) {
        failures++;
        if (failures >= patience.tries()) {
            throw new HubException(what + ": " + said + "; tried " + failures
                    + " times; check the connection and run the same command again, it goes on where it stopped",
                    fault);
        }
        double longest = Math.min(patience.longestPause().toMillis(),
                patience.firstPause().toMillis() * Math.scalb(1.0, failures - 1));
        long own = (long) (longest * (0.5 + ThreadLocalRandom.current().nextDouble() / 2));
        sleep(Math.max(own, asked.toMillis()), what);
    }

    /// Sleeps.
    ///
    /// @param millis how long
    /// @param what   what is being fetched
    /// @throws HubException if the thread is interrupted; its mark stays
    static void sleep(long millis, String what) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw stopped(what, e);
        }
    }

    /// The exception for an interrupted thread, whose mark is set again.
    ///
    /// @param what what was being fetched
    /// @param e    the interruption
    static HubException stopped(String what, InterruptedException e) {
        Thread.currentThread().interrupt();
        return new HubException(what + ": stopped; the next pull goes on where this one ended", e);
    }

    /// The pause that a header asks for, in seconds or as a date.
    ///
    /// @param header its value, or null
    static Duration asked(String header) {
        if (header == null) return Duration.ZERO;
        String text = header.strip();
        if (text.matches("\\d{1,9}")) return Duration.ofSeconds(Long.parseLong(text));
        try {
            Instant until = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
            Duration left = Duration.between(Instant.now(), until);
            return left.isNegative() ? Duration.ZERO : left;
        } catch (DateTimeException _) {
            return Duration.ZERO;
        }
    }
}
