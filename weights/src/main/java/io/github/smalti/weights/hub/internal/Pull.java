package io.github.smalti.weights.hub.internal;

import io.github.smalti.weights.hub.HubException;
import io.github.smalti.weights.hub.HubSettings;
import io.github.smalti.weights.hub.ModelPart;
import io.github.smalti.weights.hub.ModelReference;
import io.github.smalti.weights.hub.PulledModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Fetches the files of one reference: list, choose, check the disk, fetch, name.
///
/// The branch's note is written last, so that a pull that is cut leaves the old revision in use.
///
/// @param disk       what writes
/// @param requests   what sends
/// @param service    who offers the files
/// @param repository where they are kept
/// @param settings   whether links may be made
/// @param tally      counts bytes
public record Pull(Disk disk, Requests requests, ModelService service, Repository repository, HubSettings settings,
        Tally tally) {
    /// Reserve that must stay free, for links and notes.
    private static final long RESERVE = 1 << 20;

    /// Fetches what is missing.
    ///
    /// @param reference which model
    /// @param part      what it is used for
    /// @param patterns  names of files instead of the usual ones
    /// @return the files
    /// @throws HubException if they cannot be had
    public PulledModel.Part run(ModelReference reference, ModelPart part, List<String> patterns) {
        RemoteModel model = service.list(requests);
        Map<String, RemoteFile> offered = new LinkedHashMap<>();
        for (RemoteFile file : model.files()) offered.put(file.name(), file);
        boolean isWeb = reference instanceof ModelReference.Web;
        List<String> chosen = isWeb
                ? List.copyOf(offered.keySet())
                : FileChoice.choose(offered.keySet(), part, patterns, name -> isHere(model, offered.get(name)),
                        reference.toString());
        List<PulledModel.File> files = new ArrayList<>(fetch(reference, model, offered, chosen));
        List<String> shards = new ArrayList<>();
        for (PulledModel.File file : files) {
            if (FileChoice.isIndex(file.name())) shards.addAll(FileChoice.shards(file.path(), file.name()));
        }
        shards.removeAll(chosen);
        files.addAll(fetch(reference, model, offered, shards));
        note(reference, model.revision());
        Path folder = isWeb ? files.getFirst().path() : repository.snapshot(model.revision());
        return new PulledModel.Part(part, reference, model.revision(), folder, files);
    }

    private boolean isHere(RemoteModel model, RemoteFile file) {
        return repository.file(model.revision(), file.name()) != null
                || file.hash() != null && Files.isRegularFile(repository.blob(file.hash()));
    }

    private List<PulledModel.File> fetch(ModelReference reference, RemoteModel model, Map<String, RemoteFile> offered,
            List<String> names) {
        List<RemoteFile> wanted = new ArrayList<>();
        for (String name : names) {
            RemoteFile file = offered.get(name);
            if (file == null) {
                throw new HubException(reference + ": its index names the shard " + name
                        + ", which is not among its files; tell those who published it");
            }
            wanted.add(service.complete(file, requests));
        }
        for (RemoteFile file : wanted) tally.expect(file.size());
        checkSpace(reference, model, wanted);
        List<PulledModel.File> files = new ArrayList<>();
        for (RemoteFile file : wanted) files.add(fetch(reference, model, file));
        return files;
    }

    /// Refuses before the first byte what will not fit.
    private void checkSpace(ModelReference reference, RemoteModel model, List<RemoteFile> files) {
        long needed = 0;
        try {
            for (RemoteFile file : files) {
                if (file.size() < 0 || isWhole(model, file)) continue;
                Path partial = repository.partial(file.hash());
                needed += file.size() - (Files.exists(partial) ? Math.min(Files.size(partial), file.size()) : 0);
            }
            if (needed == 0) return;
            long free = disk.free(repository.root());
            if (free >= needed + RESERVE) return;
            throw new HubException(reference + ": needs " + Sentences.bytes(needed + RESERVE) + " in "
                    + repository.root() + ", " + Sentences.bytes(free)
                    + " are free; make room, or name another place by "
                    + (reference instanceof ModelReference.HuggingFace ? "HF_HUB_CACHE" : "SMALTI_CACHE"));
        } catch (IOException e) {
            throw PartialFile.fault(repository.root(), e);
        }
    }

    /// Whether a file lies under its own name, at its full length; a link to a blob of that hash, or a copy.
    private boolean isWhole(RemoteModel model, RemoteFile file) throws IOException {
        Path path = repository.file(model.revision(), file.name());
        if (path == null || file.size() >= 0 && Files.size(path) != file.size()) return false;
        return !Files.isSymbolicLink(path)
                || path.toRealPath().getFileName().toString().equalsIgnoreCase(file.hash().hex());
    }

    private PulledModel.File fetch(ModelReference reference, RemoteModel model, RemoteFile file) {
        tally.begin(file.name());
        Path path = repository.snapshot(model.revision()).resolve(file.name());
        try {
            boolean isFetched = false;
            boolean wasWhole = isWhole(model, file);
            if (!wasWhole) {
                String what = reference + "/" + file.name();
                isFetched = new Download(disk, requests, service, repository, file, what, tally).fetch();
                repository.point(disk, model.revision(), file.name(), repository.blob(file.hash()), settings.canLink());
            }
            long size = Files.size(path);
            tally.end(isFetched ? 0 : size);
            return new PulledModel.File(file.name(), path, size, isFetched);
        } catch (IOException e) {
            throw PartialFile.fault(path, e);
        }
    }

    private void note(ModelReference reference, String revision) {
        String ref = switch (reference) {
            case ModelReference.HuggingFace hub -> hub.revision();
            case ModelReference.Wandb wandb -> wandb.alias();
            default -> revision;
        };
        try {
            repository.remember(disk, ref, revision);
            repository.sweep(disk);
        } catch (IOException e) {
            throw PartialFile.fault(repository.folder().resolve("refs").resolve(ref), e);
        }
    }
}
