package io.github.smalti.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What a reader must know of the machine.
final class Machine {
    private static final List<String> FLAGS = List.of("avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni",
            "amx_tile");

    private Machine() {}

    /// Names and facts, in order.
    static Map<String, String> facts() {
        Map<String, String> facts = new LinkedHashMap<>();
        List<String> processor = lines("/proc/cpuinfo");
        facts.put("processor", Runtime.getRuntime().availableProcessors() + " × " + field(processor, "model name"));
        List<String> flags = List.of(field(processor, "flags").split(" "));
        facts.put("vector flags", String.join(" ", FLAGS.stream().filter(flags::contains).toList()));
        facts.put("memory", field(lines("/proc/meminfo"), "MemTotal"));
        facts.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        facts.put("huge pages", first("/sys/kernel/mm/transparent_hugepage/enabled"));
        facts.put("load", first("/proc/loadavg"));
        facts.put("JDK", System.getProperty("java.vm.vendor") + " " + System.getProperty("java.vm.version"));
        return facts;
    }

    private static String field(List<String> lines, String name) {
        for (String line : lines) { if (line.startsWith(name)) return line.substring(line.indexOf(':') + 1).strip(); }
        return "unknown";
    }

    private static String first(String file) {
        List<String> lines = lines(file);
        return lines.isEmpty() ? "unknown" : lines.get(0);
    }

    private static List<String> lines(String file) {
        try {
            return Files.readAllLines(Path.of(file));
        } catch (IOException e) {
            return List.of();
        }
    }
}
