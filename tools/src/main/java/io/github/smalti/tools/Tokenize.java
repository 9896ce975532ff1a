package io.github.smalti.tools;

import io.github.smalti.core.json.JsonValue;
import io.github.smalti.tokenizer.BartTokenizer;
import io.github.smalti.tokenizer.ClipTokenizer;
import io.github.smalti.tokenizer.TextNormalizer;
import io.github.smalti.tokenizer.TokenIds;
import io.github.smalti.tokenizer.Tokenizer;
import io.github.smalti.transformer.DalleBartConfig;
import io.github.smalti.weights.ModelConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `smalti tokenize`: what the model reads of a text.
@Command(name = "tokenize", sortOptions = false,
        description = "Shows what the model reads of a text: the normalised text, its tokens, and what would be cut off.",
        footer = {
                "Examples:", "  smalti tokenize \"A cat with a hat!\"", "  smalti tokenize --clip-tokens a cat", "",
                "--json prints {text, normalised, ids, tokens, length, max_length, cut}."})
final class Tokenize implements Callable<Integer> {
    @ParentCommand
    private Smalti smalti;

    @Parameters(paramLabel = "TEXT", arity = "1..*", description = "Any text; several words form one.")
    private List<String> words;

    @Option(names = "--clip-tokens", description = "CLIP's tokens. Default: those of the transformer that draws.")
    private boolean ofClip;

    @Mixin
    private ModelOptions model;

    @Option(names = "--json", description = "Print one JSON document, see below. Default: lines.")
    private boolean json;

    @Override
    public Integer call() {
        String text = String.join(" ", words);
        String normalised = text;
        Tokenizer tokenizer;
        int maxLength;
        if (ofClip) {
            Path clip = model.clip();
            ClipTokenizer found = ClipTokenizer.read(Files.isDirectory(clip) ? clip : clip.resolveSibling(""));
            tokenizer = found;
            maxLength = found.contextLength();
        } else {
            Path dalle = model.paths().dalle();
            tokenizer = BartTokenizer.read(dalle);
            var config = DalleBartConfig.of(ModelConfig.readJson(dalle.resolve("config.json")));
            maxLength = config.textLength();
            if (text.isBlank()) normalised = "";
            else if (config.normalizesText()) normalised = new TextNormalizer().normalize(text);
        }
        print(text, normalised, tokenizer, tokenizer.encode(normalised, maxLength));
        return 0;
    }

    private void print(String text, String normalised, Tokenizer tokenizer, TokenIds encoded) {
        int[] ids = Arrays.copyOf(encoded.ids(), encoded.length());
        List<String> tokens = IntStream.of(ids).mapToObj(id -> tokenizer.decode(new int[]{id})).toList();
        Terminal terminal = smalti.terminal();
        if (json) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("text", text);
            document.put("normalised", normalised);
            document.put("ids", ids);
            document.put("tokens", tokens);
            document.put("length", ids.length);
            document.put("max_length", encoded.ids().length);
            document.put("cut", encoded.cut());
            terminal.print(JsonValue.of(document));
            return;
        }
        if (!ofClip) terminal.print("read as     \"" + Sentence.line(normalised, false) + "\"");
        terminal.print("tokens      " + ids.length + " of " + encoded.ids().length + ", start and end mark included");
        terminal.print(
                "cut         " + (encoded.cut().isBlank() ? "nothing" : "\"" + Sentence.line(encoded.cut()) + "\""));
        terminal.print("");
        var table = new Table("id", "token");
        for (int i = 0; i < ids.length; i++) {
            table.add(Integer.toString(ids[i]), "\"" + Sentence.line(tokens.get(i), false) + "\"");
        }
        table.print(terminal);
    }
}
