package io.github.smalti.weights.hub.internal;

import io.github.smalti.core.json.Json;
import io.github.smalti.core.json.JsonException;
import io.github.smalti.core.json.JsonLimits;
import io.github.smalti.weights.hub.HubException;
import io.github.smalti.weights.hub.ModelPart;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/// Which files of a repository a model needs: its configuration, its vocabulary, and its weights in one format.
public final class FileChoice {
    /// What is fetched wherever it lies beside weights.
    private static final Set<String> SMALL = Set.of("config.json", "preprocessor_config.json", "sampling.json",
            "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "merges.txt",
            "bpe.model",
            "bpe_simple_vocab_16e6.txt.gz", "sizes.json");

    private static final List<String> FLAX = List.of("flax_model\\.msgpack");
    private static final List<String> SAFE = List.of("model\\.safetensors");
    private static final List<String> SAFE_SHARDS = List.of("model\\.safetensors\\.index\\.json");
    private static final List<String> TORCH = List.of("pytorch_model\\.bin");
    private static final List<String> TORCH_SHARDS = List.of("pytorch_model\\.bin\\.index\\.json");
    private static final List<String> PORT = List.of("encoder\\.pt", "decoder\\.pt");
    private static final List<String> MINI_PORT = List.of("encoder_mini\\.pt", "decoder_mini\\.pt");
    private static final List<String> TAMING = List.of("[^/]+\\.ckpt", "[^/]+\\.ya?ml");
    private static final List<String> DETOKER = List.of("detoker\\.pt");
    private static final List<String> OPEN_AI = List.of("[^/]+\\.pt");
    private static final List<String> ANY_SAFE = List.of("[^/]+\\.safetensors");
    private static final List<String> ANY_TORCH = List.of("[^/]+\\.(bin|pth|ckpt|pkl)");

    private static final String INDEX = ".index.json";
    private static final JsonLimits INDEX_LIMITS = new JsonLimits(32 << 20, 8, 1024, 1024, 64, 300_000);

    private FileChoice() {}

    private static List<List<String>> weights(ModelPart part) {
        return switch (part) {
            case TRANSFORMER -> List.of(FLAX, SAFE, SAFE_SHARDS, PORT, MINI_PORT, TORCH, TORCH_SHARDS);
            case CODEC -> List.of(FLAX, TAMING, SAFE, SAFE_SHARDS, DETOKER, TORCH);
            case CLIP -> List.of(SAFE, SAFE_SHARDS, TORCH, TORCH_SHARDS, OPEN_AI, FLAX);
            case ANY ->
                List.of(SAFE, SAFE_SHARDS, FLAX, TORCH, TORCH_SHARDS, PORT, TAMING, OPEN_AI, ANY_SAFE, ANY_TORCH);
        };
    }

    /// Chooses files.
    ///
    /// A repository with the folders `dalle/` and `vqgan/` is a whole model: each of its folders is chosen from singly.
    ///
    /// @param names    all names
    /// @param part     what the repository is used for
    /// @param patterns names to take instead, with `*` for any characters; empty for the usual ones
    /// @param isHere   whether a file is in the cache already: of several formats the one that is goes first
    /// @param what     the repository, for messages
    /// @return the names, sorted; shards are not among them, see [#shards]
    /// @throws HubException if there are no weights among them, or several of a kind
    public static List<String> choose(Collection<String> names, ModelPart part, List<String> patterns,
            Predicate<String> isHere, String what) {
        var chosen = new TreeSet<String>();
        if (!patterns.isEmpty()) {
            for (String pattern : patterns) {
                Pattern glob = Pattern.compile(Pattern.quote(pattern).replace("*", "\\E.*\\Q"));
                List<String> found = names.stream().filter(name -> glob.matcher(name).matches()).toList();
                if (found.isEmpty())
                    throw new HubException(what + ": has no file " + pattern + ", only " + some(names));
                chosen.addAll(found);
            }
        } else if (hasFolder(names, "dalle/") && hasFolder(names, "vqgan/")) {
            add(chosen, names, "dalle/", ModelPart.TRANSFORMER, isHere, what);
            add(chosen, names, "vqgan/", ModelPart.CODEC, isHere, what);
            if (hasFolder(names, "clip/")) add(chosen, names, "clip/", ModelPart.CLIP, isHere, what);
        } else {
            add(chosen, names, "", part, isHere, what);
        }
        return List.copyOf(chosen);
    }

    private static boolean hasFolder(Collection<String> names, String folder) {
        return names.stream().anyMatch(name -> name.startsWith(folder));
    }

    private static void add(Set<String> chosen, Collection<String> names, String folder, ModelPart part,
            Predicate<String> isHere, String what) {
        List<String> own = names.stream().filter(name -> name.startsWith(folder))
                .map(name -> name.substring(folder.length())).filter(name -> !name.contains("/")).sorted().toList();
        List<String> best = null;
        for (List<String> alternative : weights(part)) {
            List<String> found = matches(own, alternative);
            if (found.isEmpty()) continue;
            boolean here = found.stream().allMatch(name -> isHere.test(folder + name));
            if (best == null || here) best = found;
            if (here) break;
        }
        if (best == null) {
            throw new HubException(what + ": expected the weights of a model, found " + some(names)
                    + "; name the files that you want with --file");
        }
        long kinds = best.stream().map(name -> name.substring(name.lastIndexOf('.'))).distinct().count();
        if (best.size() > kinds && !best.getFirst().matches("(en|de)coder.*")) {
            throw new HubException(what + ": expected one file of weights, found " + some(best)
                    + "; name the one that you want with --file");
        }
        for (String name : own) { if (SMALL.contains(name) || best.contains(name)) chosen.add(folder + name); }
    }

    private static List<String> matches(List<String> names, List<String> alternative) {
        List<String> found = new ArrayList<>();
        for (String pattern : alternative) {
            List<String> matching = names.stream().filter(name -> name.matches(pattern)).toList();
            if (matching.isEmpty()) return List.of();
            found.addAll(matching);
        }
        return found;
    }

    private static String some(Collection<String> names) {
        if (names.isEmpty()) return "no files";
        String first = String.join(", ", names.stream().limit(12).toList());
        return names.size() > 12 ? first + " and " + (names.size() - 12) + " more" : first;
    }

    /// Whether a file lists the shards of a checkpoint.
    ///
    /// @param name its name
    public static boolean isIndex(String name) { return name.endsWith(INDEX); }

    /// The shards that an index lists.
    ///
    /// @param index the index file
    /// @param name  its name in the repository
    /// @return the shards' names in the repository, sorted
    /// @throws HubException if it is no index, or names files elsewhere
    public static List<String> shards(Path index, String name) {
        String folder = name.substring(0, name.lastIndexOf('/') + 1);
        var shards = new TreeSet<String>();
        try {
            if (Files.size(index) > INDEX_LIMITS.maxBytes()) throw new JsonException("more than 32 MiB");
            for (var shard : Json.parse(Files.readAllBytes(index), INDEX_LIMITS).get("weight_map").asObject()
                    .values()) {
                String file = shard.asString();
                if (!RemoteFile.isPlain(file) || file.contains("/")) {
                    throw new JsonException("a shard is named '" + file + "', which is no plain name");
                }
                shards.add(folder + file);
            }
        } catch (JsonException e) {
            throw new HubException(name + ": expected an index of shards, {\"weight_map\": {tensor: file}}: "
                    + e.getMessage(), e);
        } catch (IOException e) {
            throw new HubException(index + ": cannot be read (" + Sentences.reason(e) + ")", e);
        }
        return List.copyOf(shards);
    }
}
