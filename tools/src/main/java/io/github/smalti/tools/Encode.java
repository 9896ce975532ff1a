package io.github.smalti.tools;

import io.github.smalti.core.Pixels;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.dvae.CodecOptions;
import io.github.smalti.dvae.ImageCodec;
import io.github.smalti.pipeline.ImageFiles;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `smalti encode`: a picture as codes.
@Command(name = "encode", sortOptions = false,
        description = "Prints the codes of a picture, a line per row of the grid; `smalti decode` turns them back.",
        footer = {
                "Example:", "  smalti encode cat.png > cat.txt", "", "--json prints {file, rows, columns, codes}."})
final class Encode implements Callable<Integer> {
    @ParentCommand
    private Smalti smalti;

    @Parameters(paramLabel = "IMAGE",
            description = "A PNG or JPEG file; height and width are multiples of the pixels of a code (8 for the "
                    + "embedded model and OpenAI's dVAE, 16 for DALL-E mini).")
    private Path file;

    @Mixin
    private CodecChoice codec;

    @Option(names = "--json", description = "Print one JSON document, see below. Default: lines of numbers.")
    private boolean json;

    @Override
    public Integer call() {
        Pixels picture = ImageFiles.toPixels(ImageFiles.read(file));
        return codec.use(CodecOptions.DEFAULT, loaded -> encode(picture, loaded));
    }

    private int encode(Pixels picture, ImageCodec loaded) {
        int side = loaded.pixelsPerCode();
        if (!loaded.canEncode()) throw new ToolException("this image codec has no encoder: it can only decode");
        if (picture.rows() % side != 0 || picture.cols() % side != 0) {
            throw new ToolException(file + ": expected height and width in multiples of " + side + " pixels, found "
                    + picture.cols() + " x " + picture.rows() + "; scale or crop it first");
        }
        print(loaded.encode(picture), picture.rows() / side, picture.cols() / side);
        return 0;
    }

    private void print(int[] codes, int rows, int columns) {
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("file", file.toString());
            document.put("rows", rows);
            document.put("columns", columns);
            document.put("codes", codes);
            smalti.terminal().print(JsonValue.of(document));
            return;
        }
        for (int row = 0; row < rows; row++) {
            smalti.terminal().print(IntStream.of(codes).skip((long) row * columns).limit(columns)
                    .mapToObj(Integer::toString).collect(Collectors.joining(" ")));
        }
    }
}
