package io.github.smalti.pipeline.internal;

import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;

/// Unpacks the model of a jar into the cache folder of the process and prints where it lies.
public final class UnpackMain {
    private UnpackMain() {}

    /// @param args the jar
    public static void main(String[] args) throws Exception {
        try (var jar = new URLClassLoader(new URL[]{Path.of(args[0]).toUri().toURL()}, null)) {
            System.out.println(new EmbeddedModel(jar, CacheFolder.ofSystem()).locate());
        }
    }
}
