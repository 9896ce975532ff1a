package io.github.smalti.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/// A model that engines are given as a graph: workloads D to G, and a step of B, C, G and H.
interface Network {
    /// The inputs in order: long[] or float[] and their shapes; the first is the one of [Graph#input].
    Map<String, Input> inputs();

    /// Writes the network.
    void write(Graph graph) throws IOException;

    /// Numbers given at each run.
    ///
    /// @param floats the numbers, or null for indices
    /// @param longs  indices, or null
    /// @param shape  their shape
    record Input(float[] floats, long[] longs, long... shape) {}

    /// Where the random checkpoints lie.
    static Path folder(String model) { return Path.of(System.getProperty("smalti.peers.models", "models"), model); }

    /// Where models that engines have prepared for workload H lie.
    static Path prepared(String[] words, String ending) throws IOException {
        Path folder = Files.createDirectories(folder("prepared"));
        return folder.resolve(words[2] + "-" + words[1] + ending);
    }

    /// The network of a workload; empty for the products of workload A.
    static Optional<Network> of(String[] words) {
        return Optional.ofNullable(switch (words[0]) {
            case "A" -> null;
            case "B", "C", "H" -> StepNetwork.of(words);
            case "D" -> new EncoderNetwork(words[2]);
            case "F" -> new ClipNetwork(words[2].equals("images"));
            case "E" -> new VqganNetwork(words[2], Integer.parseInt(words[3]));
            case "G" -> switch (words[2]) {
                case "dvae" -> new DvaeNetwork(words[2], Integer.parseInt(words[3]));
                case "gumbel" -> new VqganNetwork(words[2], Integer.parseInt(words[3]));
                default -> RuDalleNetwork.of(words[2]);
            };
            default -> throw new UnsupportedOperationException("no network");
        });
    }
}
