package io.github.smalti.weights.internal;

import io.github.smalti.weights.WeightsException;
import java.util.List;

/// Which names an archive's entries may have. Nothing is written under such a name, but other tools would.
final class EntryNames {
    private static final List<String> NO_NAMES = List.of("", ".", "..");

    private EntryNames() {}

    /// Refuses absolute names, names that lead out of their folder and those that one system reads as such.
    ///
    /// @param file the archive's name, for messages
    /// @param name the entry's name; a folder's ends with a slash
    static void check(String file, String name) {
        String path = name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
        boolean leadsOut = List.of(path.split("/", -1)).stream().anyMatch(NO_NAMES::contains);
        boolean hasDrive = path.length() > 1 && path.charAt(1) == ':';
        if (!leadsOut && !hasDrive && path.indexOf('\\') < 0 && path.indexOf(0) < 0) return;
        throw new WeightsException(file, "",
                "archive entry \"" + name + "\", expected a plain path within the archive; the file may be hostile");
    }
}
