package io.github.smalti.weights.internal;

import io.github.smalti.weights.WeightsException;
import java.util.List;
import java.util.regex.Pattern;

/// Which names an archive's entries may have. Of a zip nothing is written under such a name, but other tools would.
final class EntryNames {
    private static final List<String> NO_NAMES = List.of("", ".", "..");

    /// What shows as another name than it is, or is refused or read otherwise by some system.
    private static final Pattern ODD = Pattern.compile("[\\p{Cntrl}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}:*?\"<>|]");
    /// Windows takes these for devices in every folder and whatever follows a dot.
    private static final Pattern DEVICE = Pattern
            .compile("(?i)(con|prn|aux|nul|(com|lpt)[0-9\u00b9\u00b2\u00b3])( *\\..*)?");

    private EntryNames() {}

    /// Refuses as well what cannot be written under its own name on every system.
    ///
    /// @param file the archive's name, for messages
    /// @param name the entry's name, without a slash at its end
    static void checkWritable(String file, String name) {
        check(file, name);
        boolean isOdd = ODD.matcher(name).find();
        for (String step : name.split("/")) {
            isOdd |= DEVICE.matcher(step).matches() || step.endsWith(".") || step.endsWith(" ");
        }
        if (isOdd) {
            throw new WeightsException(file, "", "archive entry \"" + name + "\", expected a plain path that every "
                    + "system can write; the file may be hostile");
        }
    }

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
