package io.github.smalti.pipeline.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.smalti.golden.GoldenCase;
import io.github.smalti.pipeline.ChildJvm;
import io.github.smalti.pipeline.ModelUnavailableException;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedModelTest {
    @TempDir
    Path folder;

    private final Map<String, byte[]> files = new TreeMap<>();
    private Path jar;

    @BeforeEach
    void makeJar() throws IOException {
        byte[] large = new byte[8 << 20];
        new Random(1).nextBytes(large);
        files.put("README.md", "about".getBytes(StandardCharsets.UTF_8));
        files.put("dalle/flax_model.msgpack", large);
        files.put("vqgan/config.json", "{}".getBytes(StandardCharsets.UTF_8));
        files.put("empty.txt", new byte[0]);
        jar = jar(files, files);
    }

    /// A jar whose index lists some files and which holds others.
    private Path jar(Map<String, byte[]> listed, Map<String, byte[]> held) throws IOException {
        var index = new StringBuilder("{\"name\": \"tiny\", \"files\": [");
        String separator = "";
        for (var file : listed.entrySet()) {
            var digest = Hashes.sha256();
            digest.update(file.getValue());
            index.append(separator).append("{\"path\": \"").append(file.getKey()).append("\", \"size\": ")
                    .append(file.getValue().length).append(", \"sha256\": \"").append(Hashes.hex(digest)).append("\"}");
            separator = ",";
        }
        Map<String, byte[]> entries = new LinkedHashMap<>();
        entries.put("META-INF/smalti/models/index.json",
                index.append("]}").toString().getBytes(StandardCharsets.UTF_8));
        held.forEach((name, bytes) -> entries.put("META-INF/smalti/models/tiny/" + name, bytes));
        Path made = Files.createTempFile(folder, "models", ".jar");
        try (var zip = new ZipOutputStream(Files.newOutputStream(made))) {
            for (var entry : entries.entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue());
                zip.closeEntry();
            }
        }
        return made;
    }

    private CacheFolder cache(Path usual) throws IOException {
        Path temp = Files.createDirectories(folder.resolve("temp"));
        return new CacheFolder(name -> name.equals("SMALTI_CACHE") ? usual.toString() : null, folder, temp, "a b/c");
    }

    private static Path locate(Path jar, CacheFolder cache) throws IOException {
        try (var loader = new URLClassLoader(new URL[]{jar.toUri().toURL()}, null)) {
            return new EmbeddedModel(loader, cache).locate();
        }
    }

    private void assertWhole(Path model) throws IOException {
        for (var file : files.entrySet()) {
            assertArrayEquals(file.getValue(), Files.readAllBytes(model.resolve(file.getKey())), file.getKey());
        }
        try (Stream<Path> paths = Files.walk(model)) {
            assertEquals(files.size(), paths.filter(Files::isRegularFile).count(), "no temporary files are left");
        }
    }

    @Test
    void unpacksOnce() throws IOException {
        Path model = locate(jar, cache(folder.resolve("cache")));
        assertEquals(folder.resolve("cache/models"), model.getParent().getParent());
        assertTrue(model.getParent().getFileName().toString().matches("[0-9a-f]{16}"), model.toString());
        assertEquals("tiny", model.getFileName().toString());
        assertWhole(model);
        Path file = model.resolve("dalle/flax_model.msgpack");
        Files.setLastModifiedTime(file, FileTime.fromMillis(1000));
        assertEquals(model, locate(jar, cache(folder.resolve("cache"))));
        assertEquals(1000, Files.getLastModifiedTime(file).toMillis());
    }

    @Test
    void replacesDamagedFiles() throws IOException {
        Path model = locate(jar, cache(folder.resolve("cache")));
        Path file = model.resolve("dalle/flax_model.msgpack");
        byte[] damaged = files.get("dalle/flax_model.msgpack").clone();
        damaged[damaged.length / 2] ^= 1;
        Files.write(file, damaged);
        Files.write(model.resolve("vqgan/config.json"), new byte[1]);
        Files.delete(model.resolve("README.md"));
        assertEquals(model, locate(jar, cache(folder.resolve("cache"))));
        assertWhole(model);
    }

    @Test
    void otherContentsLieInAnotherFolder() throws IOException {
        Path model = locate(jar, cache(folder.resolve("cache")));
        files.put("vqgan/config.json", "[]".getBytes(StandardCharsets.UTF_8));
        Path other = locate(jar(files, files), cache(folder.resolve("cache")));
        assertNotEquals(model, other);
        assertWhole(other);
    }

    @Test
    void processesMayStartAtOnce() throws Exception {
        Path cache = folder.resolve("cache");
        List<ChildJvm> children = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            children.add(ChildJvm.start(folder, Map.of("SMALTI_CACHE", cache.toString()), List.of("-Xmx64m"),
                    UnpackMain.class, jar.toString()));
        }
        List<ChildJvm.Result> results = new ArrayList<>();
        for (ChildJvm child : children) results.add(child.await());
        for (ChildJvm.Result result : results) {
            assertEquals(0, result.exit(), result.errors());
            assertWhole(Path.of(result.output()));
        }
        try (Stream<Path> models = Files.list(cache.resolve("models"))) {
            assertEquals(1, models.count());
        }
    }

    @Test
    void readOnlyHomeFallsBackToAPrivateFolder() throws IOException {
        Path file = Files.writeString(folder.resolve("home"), "a file, so that no folder can be made below it");
        Path model = locate(jar, cache(file.resolve("cache")));
        assertWhole(model);
        Path root = model.getParent().getParent().getParent();
        assertEquals(folder.resolve("temp/smalti-a_b_c"), root);
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(root)));
        assertEquals(model, locate(jar, cache(file.resolve("cache"))));
    }

    @Test
    void distrustsAFolderThatOthersCanReach() throws IOException {
        Path file = Files.writeString(folder.resolve("home"), "");
        CacheFolder cache = cache(file.resolve("cache"));
        Path taken = Files.createDirectory(folder.resolve("temp/smalti-a_b_c"));
        Files.setPosixFilePermissions(taken, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path model = locate(jar, cache);
        assertWhole(model);
        assertNotEquals(taken, model.getParent().getParent().getParent());
        try (Stream<Path> inside = Files.list(taken)) {
            assertEquals(0, inside.count());
        }
        Files.delete(taken);
        Files.createSymbolicLink(taken, Files.createDirectory(folder.resolve("theirs")));
        assertNotEquals(taken, locate(jar, cache).getParent().getParent().getParent());
        assertTrue(Files.isSymbolicLink(taken) && Files.isDirectory(taken.toRealPath(), LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void usesAWholeCacheThatCannotBeWritten() throws IOException {
        Path usual = folder.resolve("cache");
        Path model = locate(jar, cache(usual));
        try (Stream<Path> paths = Files.walk(usual)) {
            for (Path path : paths.toList()) {
                Files.setPosixFilePermissions(path, PosixFilePermissions
                        .fromString(Files.isDirectory(path) ? "r-xr-xr-x" : "r--r--r--"));
            }
        }
        try {
            assertEquals(model, locate(jar, cache(usual)));
        } finally {
            try (Stream<Path> paths = Files.walk(usual)) {
                for (Path path : paths.toList()) {
                    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx------"));
                }
            }
        }
    }

    @Test
    void damagedJarLeavesNothingBehind() throws IOException {
        Map<String, byte[]> held = new TreeMap<>(files);
        held.put("dalle/flax_model.msgpack", new byte[100]);
        Path bad = jar(files, held);
        String message = assertThrows(ModelUnavailableException.class,
                () -> locate(bad, cache(folder.resolve("cache")))).getMessage();
        assertTrue(message.contains("SHA-256") && message.contains("SMALTI_CACHE"), message);
        try (Stream<Path> paths = Files.walk(folder.resolve("cache"))) {
            assertTrue(paths.noneMatch(p -> p.toString().contains("msgpack") || p.toString().endsWith(".tmp")));
        }
    }

    @Test
    void saysWhatIsMissing() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("nothing"));
        String message = assertThrows(ModelUnavailableException.class, () -> locate(empty, cache(folder))).getMessage();
        assertTrue(message.contains("smalti-models"), message);
    }

    @Test
    void refusesPathsThatLeaveTheFolder() {
        for (String name : new String[]{"../a", "/a", "a/../b", "a//b", ".a", "a\\\\b"}) {
            String message = assertThrows(ModelUnavailableException.class,
                    () -> locate(jar(Map.of(name, new byte[1]), Map.of()), cache(folder.resolve("cache"))))
                    .getMessage();
            assertTrue(message.contains("not a plain path"), message);
        }
    }

    @Test
    void cacheFolderFollowsTheEnvironment() {
        Path home = Path.of("/home/a");
        Path temp = Path.of("/tmp");
        assertEquals(Path.of("/c"), new CacheFolder(Map.of("SMALTI_CACHE", "/c", "XDG_CACHE_HOME", "/x")::get, home,
                temp, "a").usual());
        assertEquals(Path.of("/x/smalti"),
                new CacheFolder(Map.of("XDG_CACHE_HOME", "/x")::get, home, temp, "a").usual());
        assertEquals(Path.of("/home/a/.cache/smalti"),
                new CacheFolder(Map.of("XDG_CACHE_HOME", "relative")::get, home, temp, "a").usual());
    }

    /// The index that the build wrote lists the files that lie in the sources, and where resources lie in a folder they
    /// are used in place.
    @Test
    void indexOfTheEmbeddedModelIsRight() throws IOException {
        URL index = EmbeddedModel.class.getClassLoader().getResource("META-INF/smalti/models/index.json");
        JsonNode json = new ObjectMapper().readTree(index);
        Path model = EmbeddedModel.folder();
        assertEquals(json.path("name").asText(), model.getFileName().toString());
        Path sources = GoldenCase.embeddedModels().resolve(json.path("name").asText());
        List<String> listed = new ArrayList<>();
        for (JsonNode file : json.path("files")) {
            String path = file.path("path").asText();
            listed.add(path);
            assertEquals(Hashes.of(sources.resolve(path)), file.path("sha256").asText(), path);
            assertArrayEquals(Files.readAllBytes(sources.resolve(path)), Files.readAllBytes(model.resolve(path)));
        }
        try (Stream<Path> paths = Files.walk(sources)) {
            assertEquals(
                    paths.filter(Files::isRegularFile).map(p -> sources.relativize(p).toString()).sorted().toList(),
                    listed.stream().sorted().toList());
        }
    }
}
