package io.github.smalti.tools;

import io.github.smalti.core.Raster;
import io.github.smalti.dvae.CodecOptions;
import io.github.smalti.dvae.ImageCodec;
import io.github.smalti.pipeline.ImageFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/// `smalti decode`: codes as a picture.
@Command(name = "decode", sortOptions = false, description = "Turns codes into a picture and writes it as PNG.",
        footer = {
                "Examples:", "  smalti decode @cat.txt --out cat.png", "  smalti decode 17,4,250,9 --columns 2"})
final class Decode implements Callable<Integer> {
    private static final int MAX_BYTES = 1 << 24;
    private static final int MAX_CODES = 1 << 16;

    @ParentCommand
    private Smalti smalti;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "CODES", arity = "1..*",
            description = "Codes row by row, parted by commas or spaces, 0 to the codebook's size less 1, at most 65536 of "
                    + "them; or @FILE with such a text.")
    private List<String> words;

    @Option(names = "--columns", paramLabel = "N",
            description = "Codes of a row, 1 to 65536. Default: the model's grid if the number of codes fits it, else a "
                    + "square.")
    private Integer columns;

    @Option(names = "--out", paramLabel = "FILE", defaultValue = "decoded.png",
            description = "The PNG file. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Option(names = "--replace", description = "Replace the PNG file if it exists. Default: refuse.")
    private boolean replace;

    @Mixin
    private CodecChoice codec;

    @Override
    public Integer call() {
        int[] codes = codes();
        if (!replace && Files.exists(out)) {
            throw new ToolException(out + ": the file exists; choose another by --out, or --replace");
        }
        return codec.use(CodecOptions.DECODER_ONLY, loaded -> draw(codes, loaded));
    }

    private int draw(int[] codes, ImageCodec loaded) {
        int across = columns(codes.length, loaded);
        for (int code : codes) {
            if (code < loaded.codebookSize()) continue;
            throw wrong("codes: expected 0 to " + (loaded.codebookSize() - 1) + ", found " + code);
        }
        Raster picture = loaded.decode(codes, codes.length / across, across).toRaster();
        if (replace) ImageFiles.replacePng(out, picture);
        else
            ImageFiles.writePng(out, picture);
        smalti.terminal().print(out + ": " + picture.cols() + " x " + picture.rows() + " pixels");
        return 0;
    }

    private int columns(int count, ImageCodec loaded) {
        if (columns != null) {
            if (columns >= 1 && count % columns == 0) return columns;
            throw wrong("--columns: expected a divisor of the " + count + " codes, found " + columns);
        }
        if (count == loaded.gridRows() * loaded.gridCols()) return loaded.gridCols();
        int side = (int) Math.round(Math.sqrt(count));
        if (side * side == count) return side;
        throw wrong("expected " + loaded.gridRows() * loaded.gridCols() + " codes or a square number of them, found "
                + count + "; say --columns for another grid");
    }

    private int[] codes() {
        String text = words.size() == 1 && words.getFirst().startsWith("@")
                ? read(words.getFirst().substring(1))
                : String.join(" ", words);
        List<String> parts = Stream.of(text.split("[\\s,]+")).filter(part -> !part.isEmpty()).limit(MAX_CODES + 1L)
                .toList();
        if (parts.isEmpty() || parts.size() > MAX_CODES) {
            throw wrong("codes: expected 1 to " + MAX_CODES + " numbers, found "
                    + (parts.isEmpty() ? "none" : "more"));
        }
        int[] codes = new int[parts.size()];
        for (int i = 0; i < codes.length; i++) {
            if (!parts.get(i).matches("\\d{1,9}")) {
                String found = parts.get(i).length() > 40 ? parts.get(i).substring(0, 40) + "..." : parts.get(i);
                throw wrong("codes: expected whole numbers from 0, found \"" + found + "\"");
            }
            codes[i] = Integer.parseInt(parts.get(i));
        }
        return codes;
    }

    private String read(String name) {
        try (var in = Files.newInputStream(Path.of(name))) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) throw wrong(name + ": expected at most 16 MiB of codes, found more");
            return new String(bytes, StandardCharsets.UTF_8);
        } catch (InvalidPathException e) {
            throw wrong("codes: " + e.getMessage());
        } catch (IOException e) {
            throw new ToolException("the codes cannot be read: " + Sentence.reason(e), e);
        }
    }

    private ParameterException wrong(String message) { return new ParameterException(spec.commandLine(), message); }
}
