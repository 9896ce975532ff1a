package io.github.smalti.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// What a figure must not be printed without.
final class Machine {
    private Machine() {}

    /// Facts by name, in the order to print them.
    ///
    /// @param kernels name of the kernels
    /// @param threads threads that compute
    static Map<String, String> facts(String kernels, int threads) {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("cpu", processor());
        facts.put("cpus", Integer.toString(Runtime.getRuntime().availableProcessors()));
        facts.put("threads", Integer.toString(threads));
        facts.put("kernels", kernels);
        facts.put("jdk", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
        facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        facts.put("heap", Runtime.getRuntime().maxMemory() / 1_000_000 + " MB at most");
        facts.put("date", LocalDate.now().toString());
        return facts;
    }

    /// Facts on one line.
    static String text(Map<String, String> facts) {
        return facts.entrySet().stream().map(fact -> fact.getKey() + " " + fact.getValue())
                .collect(Collectors.joining("; "));
    }

    private static String processor() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name")).findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip()).orElse("unknown");
        } catch (IOException _) {
            return System.getProperty("os.arch"); // another system than Linux
        }
    }
}
