package io.github.smalti.tools;

import io.github.smalti.core.json.JsonValue;
import io.github.smalti.weights.hub.CachedModel;
import io.github.smalti.weights.hub.Hub;
import io.github.smalti.weights.hub.HubCache;
import io.github.smalti.weights.hub.HubException;
import io.github.smalti.weights.hub.HubSettings;
import io.github.smalti.weights.hub.KnownModel;
import io.github.smalti.weights.hub.ModelPart;
import io.github.smalti.weights.hub.ModelReference;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `smalti models`: what is in the caches.
@Command(name = "models", sortOptions = false, description = {
        "Lists the models that are here, also those that other programs fetched: name, revision, size, format, "
                + "last use.",
        "smalti models verify hashes their files again, smalti models rm removes one."},
        subcommands = {Models.Verify.class, Models.Remove.class},
        footer = {"Examples:", "  smalti models", "  smalti models verify dalle-mini",
                "  smalti models rm hf:dalle-mini/dalle-mega", "",
                "--json prints {models [{reference, revision, refs, bytes, format, last_use, folder}]}."})
final class Models implements Callable<Integer> {
    private static final int SHORT = 12;

    @ParentCommand
    private Smalti smalti;

    @Option(names = "--json", description = "Print one JSON document, see below. Default: a table.")
    private boolean json;

    @Override
    public Integer call() {
        List<CachedModel> models = cache().list();
        Terminal terminal = smalti.terminal();
        if (json) {
            terminal.print(document(models));
        } else if (models.isEmpty()) {
            terminal.say("no models are here; fetch one: ./smalti pull dalle-mini");
        } else {
            var table = new Table("size", "last use", "format", "revision", "name");
            for (CachedModel model : models) {
                table.add(Bytes.text(model.bytes()), day(model.lastUse()), model.format().isEmpty()
                        ? "-"
                        : model.format(),
                        model.refs().isEmpty()
                                ? brief(model.revision())
                                : model.refs().getFirst() + " "
                                        + brief(model.revision()),
                        Sentence.line(model.reference()));
            }
            table.print(terminal);
        }
        return 0;
    }

    static HubCache cache() { return new Hub(HubSettings.ofSystem()).cache(); }

    private static String brief(String revision) {
        return revision.length() <= SHORT ? revision : revision.substring(0, SHORT);
    }

    private static String day(Instant time) {
        return time.equals(Instant.EPOCH)
                ? "-"
                : DateTimeFormatter.ISO_LOCAL_DATE.withZone(ZoneId.systemDefault()).format(time);
    }

    private static JsonValue document(List<CachedModel> models) {
        List<Map<String, Object>> list = new ArrayList<>();
        for (CachedModel model : models) {
            Map<String, Object> fields = new LinkedHashMap<>();
            fields.put("reference", model.reference());
            fields.put("revision", model.revision());
            fields.put("refs", model.refs());
            fields.put("bytes", model.bytes());
            fields.put("format", model.format());
            fields.put("last_use", model.lastUse().toString());
            fields.put("folder", model.folder().toString());
            list.add(fields);
        }
        return JsonValue.of(Map.of("models", list));
    }

    private static List<CachedModel> named(String reference) {
        List<CachedModel> models = cache().list(ModelReference.parse(reference));
        if (models.isEmpty()) { throw new HubException(reference + ": is not here; ./smalti models lists what is"); }
        return models;
    }

    /// `smalti models verify`.
    @Command(name = "verify", sortOptions = false,
            description = "Hashes the files of a model, or of all models, again. Exit code 1 if one is damaged.",
            footer = {"Examples:", "  smalti models verify", "  smalti models verify dalle-mini --delete-damaged"})
    static final class Verify implements Callable<Integer> {
        @ParentCommand
        private Models models;

        @Parameters(paramLabel = "REFERENCE", arity = "0..1", description = "Which model. Default: all.")
        private String reference;

        @Option(names = "--delete-damaged",
                description = "Remove damaged files, so that the next pull fetches them. Default: tell only.")
        private boolean deletes;

        @Override
        public Integer call() {
            Terminal terminal = models.smalti.terminal();
            HubCache cache = cache();
            int damaged = 0;
            for (CachedModel model : reference == null ? cache.list() : named(reference)) {
                int good = 0;
                int unknown = 0;
                for (CachedModel.CheckedFile file : cache.verify(model)) {
                    switch (file.verdict()) {
                        case GOOD -> good++;
                        case UNKNOWN -> unknown++;
                        case DAMAGED, MISSING -> {
                            damaged++;
                            if (deletes) cache.remove(model, file);
                            terminal.print(model.reference() + "  " + Sentence.line(file.name()) + ": "
                                    + (file.verdict() == CachedModel.Verdict.DAMAGED ? "damaged" : "missing")
                                    + (deletes ? ", removed" : ""));
                        }
                    }
                }
                terminal.print(model.reference() + "  " + brief(model.revision()) + "  " + good + " good"
                        + (unknown == 0 ? "" : ", " + unknown + " without a known hash"));
            }
            if (damaged > 0) {
                terminal.say(damaged + (damaged == 1 ? " file is" : " files are") + " damaged or missing; " + (deletes
                        ? "pull the model again"
                        : "run this with --delete-damaged, then pull the model again"));
            }
            return damaged == 0 ? 0 : 1;
        }
    }

    /// `smalti models rm`.
    @Command(name = "rm", sortOptions = false, description = {"Removes a model: its names, and the contents that no "
            + "other revision of it uses. Of a known model, parts that another one needs stay."},
            footer = {"Examples:", "  smalti models rm hf:dalle-mini/dalle-mega", "  smalti models rm dalle-mini"})
    static final class Remove implements Callable<Integer> {
        @ParentCommand
        private Models models;

        @Parameters(paramLabel = "REFERENCE", description = "Which model.")
        private String reference;

        @Override
        public Integer call() {
            Terminal terminal = models.smalti.terminal();
            HubCache cache = cache();
            for (CachedModel model : named(reference)) {
                if (isShared(cache, model)) {
                    terminal.print(model.reference() + "  stays, another model needs it");
                    continue;
                }
                long freed = cache.remove(model);
                terminal.print(model.reference() + "  " + brief(model.revision()) + "  removed, " + Bytes.text(freed)
                        + " free");
            }
            return 0;
        }

        /// Whether the user named a whole model, and this is a part of another one that is here.
        private boolean isShared(HubCache cache, CachedModel part) {
            if (!(ModelReference.parse(reference) instanceof ModelReference.Known(var removed))) return false;
            for (var other : KnownModel.ALL) {
                if (other.name().equals(removed.name())) continue;
                var transformer = other.parts().get(ModelPart.TRANSFORMER);
                boolean needs = other.parts().values().stream()
                        .anyMatch(each -> part.reference().equals("hf:" + each.owner() + "/" + each.name()));
                if (needs && !cache.list(transformer).isEmpty()) return true;
            }
            return false;
        }
    }
}
