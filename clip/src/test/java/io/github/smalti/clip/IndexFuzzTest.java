package io.github.smalti.clip;

import io.github.smalti.core.Precision;
import io.github.smalti.golden.Checksums;
import io.github.smalti.golden.MutationFuzz;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Damaged index files are searched or refused by an [IndexFileException], loaded and mapped alike.
@Tag("fuzz")
class IndexFuzzTest {
    private static final String[] WORDS = {"\u0089SMX\r\n\u001a\n", "\u0000\u0000\u0000\u0000",
            "\u0001\u0000\u0000\u0000", "\u00ff\u00ff\u00ff\u00ff", "\u0000\u0000\u00c0\u007f",
            "\u0000\u0000\u0080\u007f", "\u0000\u0010\u0000\u0000", "\u00c3\u00a9", "\u00ed\u00a0\u0080"};

    @TempDir
    private Path folder;

    @Test
    void index() throws IOException, InterruptedException { run("IndexFuzzTest#index", UnaryOperator.identity()); }

    /// Checksums are mended, so that damage reaches sizes, texts and vectors.
    @Test
    void indexWithSums() throws IOException, InterruptedException {
        run("IndexFuzzTest#indexWithSums", Checksums::ofIndex);
    }

    private void run(String test, UnaryOperator<byte[]> envelope) throws IOException, InterruptedException {
        Path file = folder.resolve("good.index");
        byte[] floats = IndexFileTest.written(file, Precision.F32, 5, 9);
        byte[] bytes = IndexFileTest.written(file, Precision.INT8, 19, 6);
        byte[] empty = IndexFileTest.written(file, Precision.F32, 0, 3);
        Files.delete(file);
        MutationFuzz.of(test, IndexFileException.class).named("some.index").good(floats).good(bytes).good(empty)
                .words(WORDS).within(envelope).run(IndexFuzzTest::search);
    }

    private static void search(Path file) {
        try (var index = SemanticIndex.load(file, TestPictures.SCALAR)) {
            search(index);
        }
        try (var index = SemanticIndex.map(file, TestPictures.SCALAR)) {
            search(index);
        }
    }

    private static void search(SemanticIndex index) {
        float[] query = new float[index.width()];
        query[index.width() / 2] = 1;
        int found = index.search(query, 4).size();
        if (found != Math.min(4, index.size())) throw new AssertionError("found " + found + " of " + index.size());
    }
}
