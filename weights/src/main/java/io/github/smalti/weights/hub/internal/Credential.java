package io.github.smalti.weights.hub.internal;

import java.net.URI;
import java.util.Locale;

/// A header that is sent to one origin only. Its text is never shown.
///
/// @param origin where it may go: scheme, host and port
/// @param header value of `Authorization`, or null for none
public record Credential(URI origin, String header) {
    /// Nothing is sent along.
    ///
    /// @param origin the service's address
    public static Credential none(URI origin) { return new Credential(origin, null); }

    /// Whether the header may go to an address: to the origin itself, and in the clear only within this machine.
    ///
    /// @param uri the address
    public boolean isFor(URI uri) { return header != null && isSameOrigin(uri) && (isSafe(uri) || isLoopback(uri)); }

    /// Whether an address belongs to the service itself.
    ///
    /// @param uri the address
    public boolean isSameOrigin(URI uri) {
        return uri.getScheme().equalsIgnoreCase(origin.getScheme()) && uri.getHost().equalsIgnoreCase(origin.getHost())
                && port(uri) == port(origin);
    }

    static boolean isSafe(URI uri) { return "https".equalsIgnoreCase(uri.getScheme()); }

    static boolean isLoopback(URI uri) {
        String host = String.valueOf(uri.getHost()).toLowerCase(Locale.ROOT);
        return host.equals("localhost") || host.equals("[::1]") || host.matches("127(\\.\\d{1,3}){3}");
    }

    private static int port(URI uri) {
        if (uri.getPort() >= 0) return uri.getPort();
        return isSafe(uri) ? 443 : 80;
    }

    @Override
    public String toString() { return "credential for " + origin.getHost(); }
}
