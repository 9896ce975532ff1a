package io.github.smalti.tools;

import io.github.smalti.clip.Clip;
import io.github.smalti.clip.SemanticIndex;
import io.github.smalti.clip.SemanticIndex.Item;
import io.github.smalti.core.Compute;
import io.github.smalti.core.Precision;
import io.github.smalti.core.Raster;
import io.github.smalti.core.json.JsonValue;
import io.github.smalti.pipeline.ImageFileException;
import io.github.smalti.pipeline.ImageFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

/// `smalti index`: the pictures of a folder as points of the semantic space, in one file.
@Command(name = "index", sortOptions = false, description = {
        "Embeds the pictures of a folder with CLIP and writes them to one file, which search looks into. Run again, it "
                + "embeds only what is new or changed and forgets what is gone."},
        footer = {"Examples:", "  smalti index pictures", "  smalti search \"a red car\"", "",
                "Files that are no pictures are named and left out. Ctrl-C keeps what is done; run the same again to",
                "go on. --json prints {index, items, added, changed, kept, gone, skipped [{file, reason}]}."})
final class IndexCommand implements Callable<Integer> {
    static final String DEFAULT_FILE = "smalti.index";

    private static final int INTERRUPTED = 130;
    /// Pictures that are embedded together, and the pixels of them that end a batch earlier.
    private static final int AT_ONCE = 16;
    private static final long MOST_PIXELS = 32_000_000;

    /// How vectors can be stored.
    private enum Vectors {
        F32, INT8
    }

    /// A file that goes into the index: a picture to embed, or else an item of the old index.
    private record Entry(Item item, Raster picture, int old) {}

    @ParentCommand
    private Smalti smalti;

    @Parameters(paramLabel = "DIR",
            description = "A folder of PNG and JPEG files, with the folders in it; names that begin with a dot are "
                    + "left out.")
    private Path folder;

    @Option(names = "--out", paramLabel = "FILE", defaultValue = DEFAULT_FILE,
            description = "The index file, brought up to date if it exists. Default: ${DEFAULT-VALUE}.")
    private Path out;

    @Option(names = "--vectors", paramLabel = "f32|int8", defaultValue = "f32",
            description = "Numbers of the vectors: f32 is exact; int8 takes a quarter of the room and rounds them. "
                    + "Default: ${DEFAULT-VALUE}.")
    private Vectors vectors;

    @Option(names = "--replace",
            description = "Make the index anew, also in place of one of another folder or model. Default: refuse that.")
    private boolean replace;

    @Mixin
    private ModelOptions model;

    @Option(names = "--json", description = "Print one JSON document, see below. Default: one line.")
    private boolean json;

    private final Map<String, String> skipped = new TreeMap<>();
    private int added;
    private int changed;
    private int kept;

    @Override
    public Integer call() throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new ToolException(folder + ": " + (Files.exists(folder) ? "not a folder" : "no such folder")
                    + "; name the folder that the pictures are in");
        }
        Path outFolder = out.toAbsolutePath().getParent();
        if (!Files.isDirectory(outFolder)) {
            throw new ToolException(outFolder + ": no such folder; create it or choose another file by --out");
        }
        PictureFolder found = PictureFolder.of(folder, out);
        skipped.putAll(found.unreadable());
        Terminal terminal = smalti.terminal();
        terminal.interruption().startsTidyWork();
        Compute compute = model.compute();
        try (var bar = new IndexBar(terminal)) {
            bar.show("loading the model ...");
            try (Clip clip = Clip.load(model.clip(), compute, model.load().precision())) {
                return update(clip, compute, found, bar);
            }
        } finally {
            model.release(compute);
        }
    }

    private int update(Clip clip, Compute compute, PictureFolder found, IndexBar bar) {
        IndexOrigin origin = IndexOrigin.of(clip, folder);
        Precision precision = vectors == Vectors.F32 ? Precision.F32 : Precision.INT8;
        try (SemanticIndex old = old(compute, origin, precision);
                SemanticIndex index = SemanticIndex.create(compute, clip.embeddingSize(), precision)) {
            index.describe(origin.text());
            boolean isWhole = fill(clip, index, old, found, bar);
            int gone = old == null ? 0 : old.size() - kept - changed;
            index.save(out);
            bar.close();
            report(index.size(), gone);
            if (isWhole) return 0;
            smalti.terminal().say("stopped; " + out + " holds what was done, run the same command again to go on");
            return INTERRUPTED;
        }
    }

    /// The index that is brought up to date, or null.
    private SemanticIndex old(Compute compute, IndexOrigin origin, Precision precision) {
        if (replace || !Files.exists(out)) return null;
        SemanticIndex old = SemanticIndex.load(out, compute);
        boolean isFit = false;
        try {
            IndexOrigin made = IndexOrigin.of(old);
            String fault = made == null
                    ? "was not made by this command"
                    : !made.isSameModel(origin)
                            ? "was made with another model, " + made.clip()
                            : !made.folder().equals(origin.folder())
                                    ? "is one of the folder " + made.folder()
                                    : old.precision() != precision ? "has " + old.precision() + " vectors" : "";
            if (!fault.isEmpty()) {
                throw new ToolException(out + " " + fault + ": choose another file by --out, or add --replace");
            }
            isFit = true;
            return old;
        } finally {
            if (!isFit) old.close();
        }
    }

    /// Adds all files in the order of their names.
    ///
    /// @return whether that was not stopped by Ctrl-C
    private boolean fill(Clip clip, SemanticIndex index, SemanticIndex old, PictureFolder found, IndexBar bar) {
        Map<String, Integer> known = new HashMap<>();
        for (int i = 0; old != null && i < old.size(); i++) known.put(old.item(i).name(), i);
        int total = 0;
        for (var file : found.versions().entrySet()) if (!isKept(old, known, file.getKey(), file.getValue())) total++;
        var cancellation = smalti.terminal().interruption().cancellation();
        List<Entry> batch = new ArrayList<>();
        int done = 0;
        boolean isWhole = true;
        for (var file : found.versions().entrySet()) {
            var item = new Item(file.getKey(), file.getValue());
            if (isKept(old, known, item.name(), item.note())) {
                batch.add(new Entry(item, null, known.get(item.name())));
                continue;
            }
            if (cancellation.isCancelled()) {
                isWhole = false; // what is done already is kept all the same
                continue;
            }
            bar.show(done++, total);
            Raster picture = read(item.name());
            if (picture == null) continue;
            batch.add(new Entry(item, picture, known.getOrDefault(item.name(), -1)));
            if (isFull(batch)) add(clip, index, old, batch);
        }
        add(clip, index, old, batch);
        bar.show(total, total);
        return isWhole;
    }

    private static boolean isKept(SemanticIndex old, Map<String, Integer> known, String name, String version) {
        return known.containsKey(name) && old.item(known.get(name)).note().equals(version);
    }

    private Raster read(String name) {
        Path file = folder.resolve(name);
        try {
            return ImageFiles.read(file);
        } catch (ImageFileException e) {
            skipped.put(name, e.getMessage().substring((file + ": ").length())); // the name is told beside it
            return null;
        }
    }

    private static boolean isFull(List<Entry> batch) {
        int pictures = 0;
        long pixels = 0;
        for (Entry entry : batch) {
            if (entry.picture == null) continue;
            pictures++;
            pixels += (long) entry.picture.rows() * entry.picture.cols();
        }
        return pictures == AT_ONCE || pixels > MOST_PIXELS;
    }

    /// Embeds the new pictures of a batch and adds all of it in order.
    private void add(Clip clip, SemanticIndex index, SemanticIndex old, List<Entry> batch) {
        List<Raster> pictures = new ArrayList<>();
        for (Entry entry : batch) if (entry.picture != null) pictures.add(entry.picture);
        float[][] embedded = clip.embedImages(pictures);
        int next = 0;
        for (Entry entry : batch) {
            if (entry.picture == null) {
                index.add(old, entry.old);
                kept++;
                continue;
            }
            try {
                index.add(entry.item, embedded[next++]);
                if (entry.old < 0) {
                    added++;
                } else {
                    changed++;
                }
            } catch (IllegalArgumentException e) { // a name that is no Unicode, a model that gives no numbers
                skipped.put(entry.item.name(), e.getMessage());
            }
        }
        batch.clear();
    }

    private void report(int items, int gone) {
        Terminal terminal = smalti.terminal();
        skipped.forEach(
                (name, reason) -> terminal.say("left out: " + Sentence.line(name) + ": " + Sentence.line(reason)));
        if (!json) {
            terminal.print(
                    out + ": " + items + (items == 1 ? " picture" : " pictures") + " (" + added + " new, " + changed
                            + " changed, " + kept + " kept, " + gone + " gone; " + skipped.size() + " files left out)");
            return;
        }
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("index", out.toString());
        document.put("items", items);
        document.put("added", added);
        document.put("changed", changed);
        document.put("kept", kept);
        document.put("gone", gone);
        List<Object> left = new ArrayList<>();
        skipped.forEach((name, reason) -> left.add(Map.of("file", name, "reason", reason)));
        document.put("skipped", left);
        terminal.print(JsonValue.of(document));
    }
}
