package io.github.smalti.bench.peers;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/// The command line of the comparison.
///
/// @param workloads   what to measure
/// @param engines     on which engines
/// @param rounds      rounds of all engines
/// @param warmUpNanos longest warm-up of one engine at one workload
/// @param seed        seed of the order within a round
/// @param folder      where results and logs go
/// @param models      where random checkpoints lie
record Options(List<String> workloads, List<String> engines, int rounds, long warmUpNanos, long seed, Path folder,
        Path models) {
    private static final List<String> ENGINES = List.of("smalti", "ort-spin", "ort-block", "libtorch", "jlama-native",
            "jlama-panama", "tokenizers", "tokenizers-ids",
            "tokenizers-batch");
    private static final String HELP = """
            bench/peers/run: the same work by Smalti, ONNX Runtime, libtorch, Jlama and tokenizers

              --workloads LIST  beginnings of names, comma-separated: A, "A f32", "A bf16 1024x16384 2" (all)
              --engines LIST    %s (all)
              --rounds N        interleaved rounds (15)
              --warm-up SECONDS longest warm-up of an engine at a workload (1)
              --seed N          seed of the order within a round (the time of day)
              --models FOLDER   random checkpoints; those that are missing are written (target/peers/models)
              --out FOLDER      where peers.json, peers.md and logs go (target/peers)
              --quick           3 rounds, one shape of A
              --list            the names of all workloads
              --help            this text
            """.formatted(String.join(",", ENGINES));

    /// Reads the command line.
    ///
    /// @return the options, or null if there is nothing to measure
    static Options parse(String[] args) {
        List<String> workloads = Workloads.all();
        List<String> engines = ENGINES;
        int rounds = 15;
        double warmUp = 1;
        long seed = System.currentTimeMillis();
        Path folder = Path.of("target", "peers");
        Path models = Path.of("target", "peers", "models");
        Deque<String> words = new ArrayDeque<>(Arrays.asList(args));
        while (!words.isEmpty()) {
            String word = words.pop();
            switch (word) {
                case "--workloads" -> workloads = Workloads.matching(List.of(words.pop().split(",")));
                case "--engines" -> engines = List.of(words.pop().split(","));
                case "--rounds" -> rounds = Integer.parseInt(words.pop());
                case "--warm-up" -> warmUp = Double.parseDouble(words.pop());
                case "--seed" -> seed = Long.parseLong(words.pop());
                case "--models" -> models = Path.of(words.pop());
                case "--out" -> folder = Path.of(words.pop());
                case "--quick" -> {
                    rounds = 3;
                    workloads = Workloads.matching(List.of("A f32 1024x5460", "A bf16 1024x5460", "A int8 1024x5460"));
                }
                case "--list" -> {
                    Workloads.all().forEach(System.out::println);
                    return null;
                }
                default -> {
                    System.out.print(HELP);
                    if (!word.equals("--help")) throw new IllegalArgumentException("unknown option: " + word);
                    return null;
                }
            }
        }
        return new Options(workloads, engines, rounds, (long) (warmUp * 1e9), seed, folder, models);
    }
}
