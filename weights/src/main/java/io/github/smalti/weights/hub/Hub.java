package io.github.smalti.weights.hub;

import io.github.smalti.weights.hub.internal.Disk;
import io.github.smalti.weights.hub.internal.FileChoice;
import io.github.smalti.weights.hub.internal.HuggingFaceService;
import io.github.smalti.weights.hub.internal.ModelService;
import io.github.smalti.weights.hub.internal.Pull;
import io.github.smalti.weights.hub.internal.Repository;
import io.github.smalti.weights.hub.internal.Requests;
import io.github.smalti.weights.hub.internal.Tally;
import io.github.smalti.weights.hub.internal.WandbService;
import io.github.smalti.weights.hub.internal.WebService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Fetches models, and finds those that are here.
///
/// Every file is hashed while it is written and shown under its name only when the hash is right; what an interrupted
/// pull left is gone on with. Immutable and thread-safe; several processes may share the caches. Holds no memory and no
/// connection between calls.
public final class Hub {
    private final HubSettings settings;
    private final Disk disk;

    /// Opens nothing.
    ///
    /// @param settings where models come from and where they are kept
    public Hub(HubSettings settings) { this(settings, Disk.REAL); }

    Hub(HubSettings settings, Disk disk) {
        this.settings = settings;
        this.disk = disk;
    }

    /// Where models come from and where they are kept.
    public HubSettings settings() { return settings; }

    /// The models that are here.
    public HubCache cache() { return new HubCache(settings, disk); }

    /// Fetches what is missing of a model. This is the only method that opens a socket, and it does not if the revision
    /// is a commit whose files are all here.
    ///
    /// @param reference which model
    /// @param listener  is told how it goes on
    /// @return the model, all files here and verified
    /// @throws HubException if it cannot be had; what was fetched stays for the next time
    public PulledModel pull(ModelReference reference, PullListener listener) {
        return pull(reference, List.of(), listener);
    }

    /// Fetches what is missing of a model, files chosen by name.
    ///
    /// @param reference which model
    /// @param patterns  names of files, with `*` for any characters; empty for those that the model needs
    /// @param listener  is told how it goes on
    /// @return the model, all files here and verified
    /// @throws HubException if it cannot be had; what was fetched stays for the next time
    public PulledModel pull(ModelReference reference, List<String> patterns, PullListener listener) {
        List<PulledModel.Part> parts = new ArrayList<>();
        try (var requests = new Requests(settings.patience())) {
            if (reference instanceof ModelReference.Known(KnownModel model)) {
                if (!patterns.isEmpty()) {
                    throw new HubException(model.name() + ": files can be chosen of one repository only, such as "
                            + model.parts().get(ModelPart.TRANSFORMER));
                }
                var tally = new Tally(listener);
                for (var part : model.parts().entrySet()) {
                    parts.add(pull(part.getValue(), part.getKey(), patterns, requests, tally));
                }
            } else {
                parts.add(pull(reference, ModelPart.ANY, patterns, requests, new Tally(listener)));
            }
        }
        return new PulledModel(reference, parts);
    }

    private PulledModel.Part pull(ModelReference reference, ModelPart part, List<String> patterns, Requests requests,
            Tally tally) {
        if (reference instanceof ModelReference.Local(Path path)) return local(reference, path);
        boolean isPinned = settings.isOffline() || reference instanceof ModelReference.Web
                || reference instanceof ModelReference.HuggingFace hub && hub.isPinned();
        if (isPinned) {
            PulledModel.Part here = look(reference, part, patterns);
            if (here != null) return here;
        }
        if (settings.isOffline()) {
            throw new HubException(reference + ": is not in " + Repository.of(reference, settings).folder()
                    + ", and HF_HUB_OFFLINE forbids the network; unset it, or copy the folder from another machine");
        }
        return new Pull(disk, requests, service(reference), Repository.of(reference, settings), settings, tally)
                .run(reference, part, patterns);
    }

    private ModelService service(ModelReference reference) {
        return switch (reference) {
            case ModelReference.HuggingFace hub -> new HuggingFaceService(hub, settings);
            case ModelReference.Wandb wandb -> new WandbService(wandb, settings);
            case ModelReference.Web web -> new WebService(web);
            case ModelReference.Known _,ModelReference.Local _ -> throw new AssertionError(reference);
        };
    }

    private static PulledModel.Part local(ModelReference reference, Path path) {
        if (!Files.exists(path)) throw new HubException(path + ": no such file or folder");
        return new PulledModel.Part(ModelPart.ANY, reference, "", path, List.of());
    }

    /// Finds a model that is here, without a network, and notes that it was used.
    ///
    /// @param reference which model
    /// @return its files; none is hashed again
    /// @throws HubException if it is not here, or not whole; the message says what to type
    public PulledModel find(ModelReference reference) {
        List<PulledModel.Part> parts = new ArrayList<>();
        Map<ModelPart, ? extends ModelReference> wanted = reference instanceof ModelReference.Known(KnownModel model)
                ? model.parts()
                : Map.of(ModelPart.ANY, reference);
        for (var part : wanted.entrySet()) {
            PulledModel.Part here = part.getValue() instanceof ModelReference.Local(Path path)
                    ? local(reference, path)
                    : look(part.getValue(), part.getKey(), List.of());
            if (here == null) {
                String missing = wanted.size() == 1 ? "" : " (" + part.getValue() + " is missing)";
                throw new HubException(reference + ": is not here" + missing + ", run: ./smalti pull " + reference);
            }
            parts.add(here);
        }
        return new PulledModel(reference, parts);
    }

    /// The files of a reference if all that are needed are here, else null.
    private PulledModel.Part look(ModelReference reference, ModelPart part, List<String> patterns) {
        Repository repository = Repository.of(reference, settings);
        String revision = switch (reference) {
            case ModelReference.HuggingFace hub when hub.isPinned() -> hub.revision();
            case ModelReference.HuggingFace hub -> repository.revisionOf(hub.revision());
            case ModelReference.Wandb wandb -> repository.revisionOf(wandb.alias());
            case ModelReference.Web web -> web.sha256();
            case ModelReference.Known _,ModelReference.Local _ -> throw new AssertionError(reference);
        };
        if (revision == null) return null;
        List<String> names = repository.names(revision);
        boolean isWeb = reference instanceof ModelReference.Web;
        List<String> chosen;
        try {
            chosen = new ArrayList<>(isWeb
                    ? names
                    : FileChoice.choose(names, part, patterns, _ -> true, reference.toString()));
            for (String index : chosen.stream().filter(FileChoice::isIndex).toList()) {
                chosen.addAll(FileChoice.shards(repository.file(revision, index), index));
            }
        } catch (HubException _) {
            return null; // not whole
        }
        if (chosen.isEmpty() || !names.containsAll(chosen)) return null;
        List<PulledModel.File> files = new ArrayList<>();
        for (String name : chosen) files.add(used(name, repository.file(revision, name)));
        Path folder = isWeb ? files.getFirst().path() : repository.snapshot(revision);
        return new PulledModel.Part(part, reference, revision, folder, files);
    }

    private static PulledModel.File used(String name, Path path) {
        try {
            Files.getFileAttributeView(path, BasicFileAttributeView.class).setTimes(null, FileTime.from(Instant.now()),
                    null);
        } catch (IOException _) {
            // a cache that may only be read keeps its times
        }
        try {
            return new PulledModel.File(name, path, Files.size(path), false);
        } catch (IOException e) {
            throw new HubException(path + ": cannot be read (" + e.getMessage() + ")", e);
        }
    }
}
