package io.github.smalti.bench;

import io.github.smalti.bench.checkpoint.RandomFolder;
import io.github.smalti.core.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// Random models that are kept between runs, in `$SMALTI_CACHE/bench`, `$XDG_CACHE_HOME/smalti/bench` or
/// `~/.cache/smalti/bench`.
///
/// @param folder where
record ModelCache(Path folder) {
    private static final double GIGA = 1e-9;

    /// The cache of this user.
    static ModelCache ofUser() {
        String own = System.getenv("SMALTI_CACHE");
        String shared = System.getenv("XDG_CACHE_HOME");
        Path cache = own != null && !own.isBlank()
                ? Path.of(own)
                : shared != null && !shared.isBlank()
                        ? Path.of(shared, "smalti")
                        : Path.of(System.getProperty("user.home"), ".cache", "smalti");
        return new ModelCache(cache.resolve("bench").toAbsolutePath());
    }

    /// A model, written if it is not there yet; it gets its name when it is complete.
    ///
    /// @param name    name of the folder
    /// @param files   what belongs into it
    /// @param console where to say it
    /// @throws IOException if it cannot be written
    Path model(String name, RandomFolder files, Console console) throws IOException {
        Path place = folder.resolve(name);
        if (Files.isDirectory(place)) return place;
        console.say(
                String.format(Locale.ROOT, "writing random weights of %.1f GB to %s once; delete that folder to have"
                        + " the room back", files.byteSize(DType.F16) * GIGA, place));
        Path unfinished = folder.resolve(name + ".part");
        delete(unfinished);
        files.write(unfinished, DType.F16, 1,
                (done, total) -> console.progress((double) done / total, "writing random weights"));
        Files.move(unfinished, place);
        console.clear();
        return place;
    }

    /// Deletes a folder and all in it, if it is there.
    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) return;
        List<Path> files;
        try (Stream<Path> walk = Files.walk(folder)) {
            files = walk.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) Files.delete(file);
    }
}
