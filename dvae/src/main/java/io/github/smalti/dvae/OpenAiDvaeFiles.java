package io.github.smalti.dvae;

import io.github.smalti.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Where the two halves of OpenAI's dVAE lie.
///
/// | given | decoder | encoder |
/// |---|---|---|
/// | a folder | `decoder.pkl`, else `decoder.safetensors` | `encoder` of the same ending beside it |
/// | a file with `decoder` in its name | that file | the file beside it with `encoder` in its place |
/// | a file with `encoder` in its name | the file beside it with `decoder` in its place | that file |
/// | any other file | that file | none |
///
/// @param decoder the drawing half
/// @param encoder the seeing half, or null if there is none
record OpenAiDvaeFiles(Path decoder, Path encoder) {
    private static final String[] ENDINGS = {".pkl", ".safetensors"};
    private static final String DECODER = "decoder";
    private static final String ENCODER = "encoder";

    /// Whether a folder holds a decoder by name.
    static boolean isIn(Path folder) { return decoderIn(folder) != null; }

    /// Finds the files.
    ///
    /// @param folderOrFile a folder or one of the halves
    /// @return both
    /// @throws WeightsException if there is no decoder
    static OpenAiDvaeFiles find(Path folderOrFile) {
        if (Files.isDirectory(folderOrFile)) {
            Path decoder = decoderIn(folderOrFile);
            if (decoder != null) return new OpenAiDvaeFiles(decoder, beside(decoder, DECODER, ENCODER));
            throw new WeightsException(folderOrFile.toString(), "",
                    "expected decoder.pkl or decoder.safetensors, found none; give the folder of OpenAI's dVAE");
        }
        Path file = folderOrFile;
        String name = file.getFileName().toString();
        if (!name.contains(ENCODER)) return new OpenAiDvaeFiles(file, beside(file, DECODER, ENCODER));
        Path decoder = beside(file, ENCODER, DECODER);
        if (decoder != null) return new OpenAiDvaeFiles(decoder, file);
        throw new WeightsException(file.toString(), "", "expected its decoder, "
                + name.replace(ENCODER, DECODER) + ", beside it, found none; both halves belong into one folder");
    }

    private static Path decoderIn(Path folder) {
        for (String ending : ENDINGS) {
            Path decoder = folder.resolve(DECODER + ending);
            if (Files.isRegularFile(decoder)) return decoder;
        }
        return null;
    }

    private static Path beside(Path file, String half, String other) {
        String name = file.getFileName().toString();
        if (!name.contains(half)) return null;
        Path found = file.resolveSibling(name.replace(half, other));
        return Files.isRegularFile(found) ? found : null;
    }

    /// Sizes of the files that are mapped.
    ///
    /// @param hasEncoder whether the encoder is one of them
    long byteSize(boolean hasEncoder) { return byteSize(decoder) + (hasEncoder ? byteSize(encoder) : 0); }

    private static long byteSize(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new WeightsException(file.toString(), "", "cannot be read: " + e.getMessage(), e);
        }
    }
}
