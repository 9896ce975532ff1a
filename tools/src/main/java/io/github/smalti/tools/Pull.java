package io.github.smalti.tools;

import io.github.smalti.core.json.JsonValue;
import io.github.smalti.weights.hub.Hub;
import io.github.smalti.weights.hub.HubSettings;
import io.github.smalti.weights.hub.ModelReference;
import io.github.smalti.weights.hub.PulledModel;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `smalti pull`: fetches a model once.
@Command(name = "pull", sortOptions = false, description = {
        "Fetches what is missing of a model, hashes every file while writing it, and keeps it for all later runs. "
                + "A pull that was stopped goes on where it ended. No other command uses the network.",
        "Files of the model hub lie where Python's client keeps them (HF_HOME, HF_HUB_CACHE), so neither fetches "
                + "what the other has."},
        footer = {"Examples:", "  smalti pull dalle-mini", "  smalti generate --model dalle-mini \"a cat with a hat\"",
                "  smalti pull hf:dalle-mini/dalle-mega", "  smalti pull wandb:dalle-mini/dalle-mini/mega-1-fp16:v14",
                "  smalti pull hf:kuprel/min-dalle --file \"*_mini.pt\" --file \"*.json\"", "",
                "References: dalle-mini, dalle-mega (transformer, VQGAN, CLIP), hf:owner/name[@revision],",
                "wandb:entity/project/artifact:alias, https://host/path#sha256=HASH, file:PATH.",
                "Variables: HF_HOME, HF_HUB_CACHE, HF_TOKEN, HF_HUB_OFFLINE, HF_ENDPOINT; WANDB_API_KEY (or",
                "~/.netrc), WANDB_BASE_URL; SMALTI_CACHE. Tokens are sent to their own service only.", "",
                "--json prints {reference, parts [{part, reference, revision, folder, files [{name, path, bytes,",
                "fetched}]}]}."})
final class Pull implements Callable<Integer> {
    @ParentCommand
    private Smalti smalti;

    @Parameters(paramLabel = "REFERENCE", description = "Which model, see below.")
    private String reference;

    @Option(names = "--file", paramLabel = "NAME",
            description = "Fetch the files of this name, with * for any characters; may be given more than once. "
                    + "Default: configuration, vocabulary, and the weights in one format.")
    private List<String> files = List.of();

    @Option(names = "--json", description = "Print one JSON document, see below. Default: a table.")
    private boolean json;

    @Override
    public Integer call() {
        ModelReference wanted = ModelReference.parse(reference);
        Terminal terminal = smalti.terminal();
        PulledModel pulled;
        try (var bar = new PullBar(terminal)) {
            pulled = new Hub(HubSettings.ofSystem()).pull(wanted, files, bar);
        }
        if (json) {
            terminal.print(document(pulled));
        } else {
            print(pulled, terminal);
        }
        return 0;
    }

    private static JsonValue document(PulledModel pulled) {
        List<Map<String, Object>> parts = new ArrayList<>();
        for (PulledModel.Part part : pulled.parts()) {
            List<Map<String, Object>> files = new ArrayList<>();
            for (PulledModel.File file : part.files()) {
                Map<String, Object> fields = new LinkedHashMap<>();
                fields.put("name", file.name());
                fields.put("path", file.path().toString());
                fields.put("bytes", file.bytes());
                fields.put("fetched", file.isFetched());
                files.add(fields);
            }
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("part", part.part().name().toLowerCase(java.util.Locale.ROOT));
            fields.put("reference", part.reference().toString());
            fields.put("revision", part.revision());
            fields.put("folder", part.folder().toString());
            fields.put("files", files);
            parts.add(fields);
        }
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("reference", pulled.reference().toString());
        document.put("parts", parts);
        return JsonValue.of(document);
    }

    private static void print(PulledModel pulled, Terminal terminal) {
        for (PulledModel.Part part : pulled.parts()) {
            terminal.print(part.reference() + "  " + part.folder());
            var table = new Table("size", "", "file");
            for (PulledModel.File file : part.files()) {
                table.add(Bytes.text(file.bytes()), file.isFetched() ? "fetched" : "was here",
                        Sentence.line(file.name()));
            }
            if (!part.files().isEmpty()) table.print(terminal);
        }
    }
}
