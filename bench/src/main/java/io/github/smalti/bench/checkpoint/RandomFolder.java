package io.github.smalti.bench.checkpoint;

import io.github.smalti.core.DType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// One checkpoint, or the parts of a whole text-to-image model in `dalle/`, `vqgan/` and `clip/`, with tokenizers.
///
/// @param parts where each checkpoint lies below the folder
public record RandomFolder(List<Part> parts) {
    /// A checkpoint and its place.
    ///
    /// @param path       folder below the model's, `""` for the model's own
    /// @param checkpoint what lies there
    public record Part(String path, RandomCheckpoint checkpoint) {}

    /// Copies the list.
    public RandomFolder { parts = List.copyOf(parts); }

    /// A folder of a single checkpoint.
    ///
    /// @param checkpoint the checkpoint
    /// @return the folder
    public static RandomFolder of(RandomCheckpoint checkpoint) {
        return new RandomFolder(List.of(new Part("", checkpoint)));
    }

    /// A whole text-to-image model.
    ///
    /// @param dalle the transformer
    /// @param vqgan the codec
    /// @param clip  the judge, or null
    /// @return the folder
    public static RandomFolder of(RandomDalleBart dalle, RandomVqgan vqgan, RandomClip clip) {
        Part drawing = new Part("dalle", dalle);
        Part decoding = new Part("vqgan", vqgan);
        return new RandomFolder(
                clip == null ? List.of(drawing, decoding) : List.of(drawing, decoding, new Part("clip", clip)));
    }

    /// Bytes of all tensors.
    ///
    /// @param dtype F32, F16 or BF16
    /// @return the sum
    public long byteSize(DType dtype) {
        return parts.stream().mapToLong(part -> part.checkpoint.byteSize(dtype)).sum();
    }

    /// Writes all parts; files of the same names are replaced.
    ///
    /// @param folder   where; created if missing
    /// @param dtype    F32, F16 or BF16
    /// @param seed     the same seed writes the same files
    /// @param listener told of the progress of all parts together
    /// @throws IOException if a file cannot be written
    public void write(Path folder, DType dtype, long seed, RandomFile.Listener listener) throws IOException {
        long total = byteSize(dtype);
        long before = 0;
        for (Part part : parts) {
            Path place = Files.createDirectories(folder.resolve(part.path));
            switch (part.checkpoint) {
                case RandomDalleBart _ -> Vocabularies.writeDalle(place);
                case RandomClip clip -> Vocabularies.writeClip(place, clip.context());
                case RandomClipResNet clip -> Vocabularies.writeClip(place, clip.context());
                case RandomVqgan _,RandomGumbelVqgan _,RandomOpenAiDvae _,RandomRuDalle _,RandomMinDalle _ -> {}
            }
            long start = before;
            part.checkpoint.write(place, dtype, seed,
                    (done, _) -> listener.written(Math.min(start + done, total), total));
            before += part.checkpoint.byteSize(dtype);
        }
    }
}
