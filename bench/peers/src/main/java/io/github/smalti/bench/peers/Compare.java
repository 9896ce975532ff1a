package io.github.smalti.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// Runs all workloads on all engines: results are compared first, then times taken in interleaved rounds.
final class Compare implements AutoCloseable {
    private static final double ROUND_NANOS = 25e6;
    private static final int MOST_RUNS = 9;
    /// Until the threads of the engine before have stopped waiting busily: while they do, the next one has half a machine.
    private static final int REST_MILLIS = 300;
    private static final int LEAST_WARM_UPS = 10;

    private final Options options;
    private final Random order;
    private final Map<String, Engine> engines = new LinkedHashMap<>();
    private final Map<String, String> descriptions = new LinkedHashMap<>();
    private final Starts starts;
    private final Engine fma;
    private final Engine dram;

    private Compare(Options options) throws IOException, Engine.Refused {
        this.options = options;
        this.order = new Random(options.seed());
        Files.createDirectories(options.folder());
        fma = probe("fma");
        dram = probe("dram");
        starts = new Starts(options, order);
        for (String workload : options.workloads()) Models.write(workload, options.models());
        for (String name : options.engines()) {
            if (options.workloads().stream().anyMatch(workload -> Workloads.fit(name, workload))) start(name);
        }
    }

    /// Starts with the command line of [Options].
    public static void main(String[] args) throws Exception {
        Options options = Options.parse(args);
        if (options == null) return;
        System.out.println("seed " + options.seed() + ", " + options.rounds() + " rounds");
        List<Result> results = new ArrayList<>();
        try (Compare compare = new Compare(options)) {
            long start = System.nanoTime();
            for (String workload : options.workloads()) {
                results.add(compare.measure(workload));
                compare.write(results);
                System.out.printf("%5.0f s  %s%n", (System.nanoTime() - start) / 1e9, workload);
            }
            System.out.println(compare.write(results));
        }
    }

    private Engine probe(String what) throws IOException, Engine.Refused {
        Engine engine = new Engine("machine", options.folder().resolve("machine-" + what + ".log"), options.models());
        engine.ask("open probe " + what);
        engine.time(20);
        return engine;
    }

    private void start(String name) throws IOException {
        Engine engine = new Engine(name, options.folder().resolve(name + ".log"), options.models());
        try {
            descriptions.put(name, engine.ask("describe"));
            engines.put(name, engine);
        } catch (Engine.Refused e) {
            descriptions.put(name, e.getMessage());
            engine.close();
        }
    }

    private Result measure(String workload) throws Exception {
        Result result = new Result(workload, options.rounds());
        if (Starts.measures(workload)) {
            List<String> able = starts.prepare(workload, result);
            for (int round = 0; round < options.rounds(); round++) {
                probe(result, round);
                starts.round(workload, result, able, round);
            }
            return result;
        }
        List<Engine> able = open(workload, result);
        Map<Engine, Integer> runs = new LinkedHashMap<>();
        for (Engine engine : List.copyOf(able)) warmUp(engine, result, able, runs);
        for (Engine engine : able) result.times.put(engine.name(), new long[options.rounds()]);
        for (int round = 0; round < options.rounds(); round++) {
            probe(result, round);
            Collections.shuffle(able, order);
            for (Engine engine : able) {
                Thread.sleep(REST_MILLIS);
                result.times.get(engine.name())[round] = engine.time(runs.get(engine));
            }
        }
        List<String> all = options.workloads();
        int next = all.indexOf(workload) + 1;
        boolean goesOn = Workloads.goesOn(workload, next < all.size() ? all.get(next) : null);
        for (Engine engine : able) if (!goesOn) engine.ask("close");
        return result;
    }

    private void probe(Result result, int round) throws Engine.Refused, InterruptedException {
        Thread.sleep(REST_MILLIS);
        result.gigaFlops[round] = MachinePeer.FLOPS / fma.time(3);
        result.gigaBytes[round] = (double) MachinePeer.BYTES / dram.time(3);
    }

    /// Prepares a workload everywhere; who cannot, or computes something else, is left out.
    private List<Engine> open(String workload, Result result) throws IOException {
        List<Engine> able = new ArrayList<>();
        float[] expected = workload.startsWith("A ") ? Product.parse(workload.split(" ")).expected() : null;
        for (Engine engine : engines.values()) {
            if (!Workloads.fit(engine.name(), workload)) continue;
            try {
                engine.ask("open " + workload);
                float[] outputs = Workloads.comparable(workload, engine.outputs());
                if (expected == null) expected = outputs;
                Workloads.Verdict verdict = Workloads.compare(workload, expected, outputs);
                result.checks.put(engine.name(), verdict.figure());
                if (verdict.good()) able.add(engine);
                else {
                    result.excluded.put(engine.name(), "other results, " + verdict.figure());
                    engine.ask("close");
                }
            } catch (Engine.Refused e) {
                result.excluded.put(engine.name(), e.getMessage());
                if (e.getMessage().equals(Engine.ENDED)) restart(engine);
            }
        }
        return able;
    }

    private void restart(Engine engine) throws IOException {
        engine.close();
        engines.replace(engine.name(),
                new Engine(engine.name(), options.folder().resolve(engine.name() + "-2.log"), options.models()));
    }

    /// Runs until three runs in a row differ by less than 2 %, at least ten, for at most the time of the options.
    private void warmUp(Engine engine, Result result, List<Engine> able, Map<Engine, Integer> runs) {
        try {
            long end = System.nanoTime() + options.warmUpNanos();
            long a = 0, b = 0, c = 0;
            for (int i = 0;; i++) {
                a = b;
                b = c;
                c = engine.time(1);
                boolean steady = Math.max(a, Math.max(b, c)) < 1.02 * Math.min(a, Math.min(b, c));
                if (i >= LEAST_WARM_UPS && steady || System.nanoTime() > end) break;
            }
            runs.put(engine, (int) Math.clamp(Math.ceil(ROUND_NANOS / c), 1, MOST_RUNS));
        } catch (Engine.Refused e) {
            result.excluded.put(engine.name(), e.getMessage());
            able.remove(engine);
        }
    }

    /// Writes all there is so far.
    ///
    /// @return the Markdown
    private String write(List<Result> results) throws IOException {
        StringBuilder json = new StringBuilder("{\"date\": \"" + Instant.now() + "\", \"seed\": " + options.seed()
                + ",\n\"machine\": " + Result.texts(Machine.facts()) + ",\n\"engines\": " + Result.texts(descriptions)
                + ",\n\"results\": [");
        for (Result result : results) json.append(result == results.get(0) ? "\n" : ",\n").append(result.json());
        Files.writeString(options.folder().resolve("peers.json"), json.append("\n]}\n").toString());

        StringBuilder text = new StringBuilder();
        Machine.facts().forEach((name, fact) -> text.append("- ").append(name).append(": ").append(fact).append("\n"));
        descriptions.forEach((name, line) -> text.append("- `").append(name).append("`: ").append(line).append("\n"));
        text.append("\nMedians of ").append(options.rounds()).append(" interleaved rounds (10–90 %), seed ")
                .append(options.seed()).append("; × is our time by theirs in the same round.\n\n")
                .append(Result.markdown(results, options.engines())).append("\nLeft out:\n\n")
                .append(Result.exclusions(results));
        Files.writeString(options.folder().resolve("peers.md"), text.toString());
        return text.toString();
    }

    @Override
    public void close() throws IOException {
        for (Engine engine : engines.values()) engine.close();
        fma.close();
        dram.close();
    }
}
