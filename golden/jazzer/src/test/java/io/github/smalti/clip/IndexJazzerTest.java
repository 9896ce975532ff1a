package io.github.smalti.clip;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.golden.Checksums;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.provider.MethodSource;

/// Index files are searched or refused by an [IndexFileException]; their checksums are mended, so that damage reaches
/// sizes, texts and vectors.
class IndexJazzerTest {
    @TempDir
    static Path folder;

    static List<byte[]> indexes() throws IOException {
        Path file = Files.createTempFile("good", ".index");
        List<byte[]> indexes = new ArrayList<>();
        for (Precision precision : List.of(Precision.F32, Precision.INT8)) {
            try (var index = SemanticIndex.create(Compute.shared(), 4, precision)) {
                for (int i = 0; i < 3; i++) {
                    float[] vector = new float[4];
                    vector[i] = 1;
                    index.add(new SemanticIndex.Item("picture " + i, "note"), vector);
                }
                index.describe("{\"clip\": \"ViT-8\"}");
                index.save(file);
            }
            indexes.add(Files.readAllBytes(file));
        }
        Files.delete(file);
        return indexes;
    }

    @MethodSource("indexes")
    @FuzzTest(maxDuration = "1m")
    void index(byte[] bytes) throws IOException {
        Path file = Files.write(folder.resolve("some.index"), Checksums.ofIndex(bytes));
        try (var index = SemanticIndex.load(file, Compute.shared())) {
            search(index);
        } catch (IndexFileException _) {
            // refused as declared
        }
        try (var index = SemanticIndex.map(file, Compute.shared())) {
            search(index);
        } catch (IndexFileException _) {
            // refused as declared
        }
    }

    private static void search(SemanticIndex index) {
        float[] query = new float[index.width()];
        query[0] = 1;
        int found = index.search(query, 2).size();
        if (found != Math.min(2, index.size())) throw new AssertionError("found " + found + " of " + index.size());
    }
}
