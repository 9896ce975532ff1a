package io.github.smalti.weights.hub;

import java.util.Objects;

/// A token or key that never shows itself. Immutable.
public final class Secret {
    private final String value;
    private final String from;

    /// Keeps a secret.
    ///
    /// @param value the token or key: visible ASCII characters, so that it fits a header
    /// @param from  where it was found, for messages
    /// @throws HubException if it is empty or holds other characters; the message does not quote it
    public Secret(String value, String from) {
        Objects.requireNonNull(value, "value");
        if (value.isEmpty() || !value.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
            throw new HubException("the token in " + from + " is " + (value.isEmpty() ? "empty" : "not plain ASCII")
                    + ": expected one line of letters, digits and signs; put the token there again or remove it");
        }
        this.value = value;
        this.from = from;
    }

    /// The secret itself, for the header of a request.
    public String reveal() { return value; }

    /// Where it was found.
    public String from() { return from; }

    /// Three asterisks.
    @Override
    public String toString() { return "***"; }
}
