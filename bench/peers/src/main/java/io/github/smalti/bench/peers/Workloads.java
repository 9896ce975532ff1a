package io.github.smalti.bench.peers;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The names of all workloads, and what counts as the same result.
final class Workloads {
    private static final List<String> SHAPES = List.of("1024x16384", "1024x5460", "2730x1024", "1024x1024",
            "2048x16384",
            "2048x8192");

    private Workloads() {}

    /// All workloads, in the order of the table.
    static List<String> all() {
        List<String> all = new ArrayList<>();
        for (String dtype : List.of("f32", "bf16", "int8")) {
            for (String shape : SHAPES) {
                for (int rows : new int[]{1, 2, 16}) all.add("A " + dtype + " " + shape + " " + rows);
            }
        }
        for (String dtype : List.of("f32", "bf16", "int8")) {
            for (int position : new int[]{0, 127, 255}) all.add("B " + dtype + " mini " + position);
            all.add("B " + dtype + " mega-2-layers 127");
        }
        for (int images : new int[]{1, 8}) {
            for (String dtype : List.of("f32", "bf16", "int8")) all.add("C " + dtype + " mini " + images);
        }
        all.addAll(List.of("D f32 mini 2x64", "D bf16 mini 2x64", "E f32 vqgan 1", "E f32 vqgan 8",
                "F f32 images 8", "F f32 texts 8", "G f32 gumbel 1", "G f32 dvae 1"));
        for (String dtype : List.of("f32", "bf16")) {
            for (int position : new int[]{128, 640, 1151}) all.add("G " + dtype + " rudalle-4-layers " + position);
        }
        all.addAll(List.of("H f32 mini start", "H bf16 mini start",
                "I ids captions 10000"));
        return all;
    }

    /// Those of which one of the patterns is the beginning, `A` or `A f32 1024x1024`.
    static List<String> matching(List<String> patterns) {
        return all().stream().filter(name -> patterns.stream().anyMatch(p -> (name + " ").startsWith(p + " ")))
                .toList();
    }

    /// Whether an engine is there for such work at all; what it then lacks is said in the results.
    static boolean fit(String engine, String workload) {
        if (engine.equals("smalti")) return true;
        if (engine.startsWith("tokenizers")) return workload.startsWith("I ");
        return engine.startsWith("jlama") ? workload.startsWith("A ") : !workload.startsWith("I ");
    }

    /// Whether it is a decoder step at a position.
    private static boolean isStep(String workload) {
        return workload.startsWith("B ") || workload.startsWith("G ") && workload.contains(" rudalle-");
    }

    /// Whether the next workload is a step of the same model, which then stays loaded.
    ///
    /// @param next the next one, or null
    static boolean goesOn(String workload, String next) {
        if (next == null || !isStep(workload)) return false;
        return next.startsWith(workload.substring(0, workload.lastIndexOf(' ') + 1));
    }

    /// Results as they are compared: pixels are clipped by us but not by the networks of others.
    static float[] comparable(String workload, float[] outputs) {
        if (workload.startsWith("E ") || workload.startsWith("G ") && !isStep(workload)) {
            for (int i = 0; i < outputs.length; i++) outputs[i] = Math.clamp(outputs[i], 0, 1);
        }
        return outputs;
    }

    /// Compares results: largest difference relative to the largest number, or for int8 the cosine.
    ///
    /// @return how far from the expected numbers, and whether that is near enough
    static Verdict compare(String workload, float[] expected, float[] actual) {
        if (expected.length != actual.length) {
            return new Verdict("%d results instead of %d".formatted(actual.length, expected.length), false);
        }
        double largest = 0, difference = 0, dot = 0, squares = 0, others = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            difference = Math.max(difference, Math.abs((double) expected[i] - actual[i]));
            if (Float.isNaN(actual[i])) difference = Double.NaN;
            dot += (double) expected[i] * actual[i];
            squares += (double) expected[i] * expected[i];
            others += (double) actual[i] * actual[i];
        }
        String dtype = workload.split(" ")[1];
        if (dtype.equals("int8")) {
            double cosine = dot / Math.sqrt(squares * others);
            return new Verdict("cosine %.5f".formatted(cosine), cosine >= 0.99);
        }
        if (dtype.equals("ids")) {
            boolean same = Arrays.equals(expected, actual);
            return new Verdict(same ? expected.length + " equal ids" : "other ids", same);
        }
        double relative = difference / largest;
        return new Verdict("difference %.1e".formatted(relative), relative <= (dtype.equals("f32") ? 1e-4 : 2e-2));
    }

    /// A comparison's result in words.
    record Verdict(String figure, boolean good) {}
}
