package io.github.smalti.pipeline;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/// Another JVM of the same JDK with this test's class path.
public final class ChildJvm {
    /// How a child ended.
    ///
    /// @param exit   its exit code
    /// @param output what it wrote to standard output
    /// @param errors what it wrote to standard error
    public record Result(int exit, String output, String errors) {}

    private final Process process;
    private final Path output;
    private final Path errors;

    private ChildJvm(Process process, Path output, Path errors) {
        this.process = process;
        this.output = output;
        this.errors = errors;
    }

    /// Starts a child.
    ///
    /// @param folder      for its output
    /// @param environment variables to set
    /// @param options     options of the JVM
    /// @param main        class to run
    /// @param arguments   its arguments
    public static ChildJvm start(Path folder, Map<String, String> environment, List<String> options, Class<?> main,
            String... arguments) throws IOException {
        Path output = Files.createTempFile(folder, "child", ".out");
        Path errors = Files.createTempFile(folder, "child", ".err");
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        command.addAll(List.of("-cp", classPath, main.getName()));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).redirectOutput(output.toFile()).redirectError(errors.toFile());
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        builder.environment().putAll(environment);
        return new ChildJvm(builder.start(), output, errors);
    }

    /// Waits until the child has written to standard output, at most a minute.
    public void awaitOutput() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
        while (Files.size(output) == 0) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                kill();
                throw new AssertionError("the child JVM said nothing: " + Files.readString(errors));
            }
            Thread.sleep(2);
        }
    }

    /// Ends the child where it stands (SIGKILL).
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor();
    }

    /// Waits for the end, at most five minutes.
    public Result await() throws IOException, InterruptedException { return await(5); }

    /// Waits for the end.
    ///
    /// @param minutes the most
    public Result await(long minutes) throws IOException, InterruptedException {
        if (!process.waitFor(minutes, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError("the child JVM did not end");
        }
        return new Result(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8).strip(),
                Files.readString(errors, StandardCharsets.UTF_8).strip());
    }
}
