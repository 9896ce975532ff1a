package io.github.smalti.weights.hub.internal;

import io.github.smalti.weights.hub.HubException;
import java.net.URI;
import java.util.Objects;
import java.util.regex.Pattern;

/// A file that a service offers.
///
/// @param name its name, with `/` between folders; checked to stay below the folder it is resolved in
/// @param size its length in bytes, or -1 if the server tells it with the content
/// @param hash hash of its content, or null if a further request must tell it
/// @param uri  where its content is
public record RemoteFile(String name, long size, ContentHash hash, URI uri) {
    private static final int LONGEST = 512;
    private static final long LARGEST = 1L << 50; // sums of such lengths do not overflow
    private static final Pattern ODD = Pattern.compile("[\\\\:\\p{Cntrl}\\p{Cf}\\p{Cs}]");

    /// Checks the name and the length: both come from a stranger.
    ///
    /// @throws HubException if the name could leave its folder, or the length is none
    public RemoteFile {
        Objects.requireNonNull(uri, "uri");
        if (!isPlain(name)) {
            throw new HubException("a file named '" + name + "' is offered by " + uri.getHost()
                    + ": expected a relative name without .. and without control characters; it is not fetched");
        }
        if (size < -1 || size > LARGEST) throw new HubException(name + ": expected its length, found " + size);
    }

    /// Whether a name may be resolved against a folder, on any system.
    ///
    /// @param name the name
    public static boolean isPlain(String name) {
        if (name.isEmpty() || name.length() > LONGEST || ODD.matcher(name).find())
            return false;
        for (String step : name.split("/", -1)) {
            if (step.isBlank() || step.equals(".") || step.equals("..")) return false;
        }
        return true;
    }

    /// The same file with what a further request told.
    ///
    /// @param bytes its length
    /// @param found its hash
    RemoteFile with(long bytes, ContentHash found) { return new RemoteFile(name, bytes, found, uri); }
}
