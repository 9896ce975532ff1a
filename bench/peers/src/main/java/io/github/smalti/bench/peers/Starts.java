package io.github.smalti.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/// Workload H: from the start of an engine's process until the logits of the first step are there, each time in a new
/// process, and the most memory that it ever had.
///
/// Weights lie in the page cache. All load the decoder alone: Smalti of the checkpoint as published, whose matrices it
/// converts and packs; the others of a file of theirs that they have prepared before, in a process of its own and
/// outside of the clock. There the prompts' keys and values are constants, which Smalti computes.
record Starts(Options options, Random order) {
    private static final double KILOBYTES_IN_MEGABYTE = 1e6 / 1024;

    /// Whether a workload is measured here.
    static boolean measures(String workload) { return workload.startsWith("H "); }

    /// Prepares the files, compares results, and leaves out who cannot.
    ///
    /// @return names of the engines that can
    List<String> prepare(String workload, Result result) throws IOException {
        List<String> able = new ArrayList<>();
        String request = "open " + workload.replace("start", "prepare");
        float[] expected = null;
        for (String name : options.engines()) {
            if (!Workloads.fit(name, workload)) continue;
            try (Engine engine = engine(name)) {
                engine.ask(request);
                float[] outputs = engine.outputs();
                if (expected == null) expected = outputs;
                Workloads.Verdict verdict = Workloads.compare(workload, expected, outputs);
                result.checks.put(name, verdict.figure());
                if (verdict.good()) able.add(name);
                else
                    result.excluded.put(name, "other results, " + verdict.figure());
            } catch (Engine.Refused e) {
                result.excluded.put(name, e.getMessage());
            }
        }
        for (String name : able) {
            result.times.put(name, new long[options.rounds()]);
            result.peaks.put(name, new double[options.rounds()]);
            result.anonymous.put(name, new double[options.rounds()]);
        }
        return able;
    }

    /// One start of each.
    void round(String workload, Result result, List<String> able, int round) throws IOException, Engine.Refused {
        Collections.shuffle(able, order);
        for (String name : able) {
            long start = System.nanoTime();
            try (Engine engine = engine(name)) {
                engine.ask("open " + workload);
                result.times.get(name)[round] = System.nanoTime() - start;
                result.peaks.get(name)[round] = megabytes(engine, "VmHWM:");
                result.anonymous.get(name)[round] = megabytes(engine, "RssAnon:");
            }
        }
    }

    private Engine engine(String name) throws IOException {
        return new Engine(name, options.folder().resolve(name + "-start.log"), options.models());
    }

    private static double megabytes(Engine engine, String field) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(engine.pid()), "status"))) {
            if (!line.startsWith(field)) continue;
            return Long.parseLong(line.replaceAll("[^0-9]", "")) / KILOBYTES_IN_MEGABYTE;
        }
        throw new IOException("no " + field + " of process " + engine.pid());
    }
}
