package io.github.smalti.bench.peers;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// An engine's process, seen from the runner.
final class Engine implements AutoCloseable {
    /// An answer that is not the wanted one; the message is the engine's reason.
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        Refused(String reason) { super(reason); }
    }

    /// The reason of an engine whose process has gone.
    static final String ENDED = "its process ended";

    private final String name;
    private final Process process;
    private final BufferedReader answers;
    private final Writer requests;

    /// Starts the process.
    ///
    /// @param name   the engine
    /// @param log    where its standard error goes
    /// @param models where random checkpoints lie
    Engine(String name, Path log, Path models) throws IOException {
        this.name = name;
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        List<String> command = new ArrayList<>(List.of(java.toString(), "--add-modules", "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED", "-Xmx4g", "-Doffline=true",
                "-Dsmalti.peers.models=" + models));
        if (name.equals("jlama-panama")) command.add("-Djlama.force_panama_tensor_operations=true");
        command.addAll(List.of(Child.class.getName(), name));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        // ONNX Runtime 1.29 overflows its stack when its telemetry looks at a long command line
        builder.environment().put("ORT_DISABLE_TELEMETRY", "1");
        builder.redirectError(log.toFile());
        process = builder.start();
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        requests = new BufferedWriter(new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8));
    }

    String name() { return name; }

    /// The process's number.
    long pid() { return process.pid(); }

    /// Sends a line and waits for its answer.
    String ask(String request) throws Refused {
        try {
            requests.write(request + "\n");
            requests.flush();
            for (String line; (line = answers.readLine()) != null;) {
                if (!line.startsWith(Child.ANSWER)) continue;
                String answer = line.substring(Child.ANSWER.length());
                if (answer.startsWith("ok ")) return answer.substring(3);
                throw new Refused(answer.substring(3));
            }
        } catch (IOException e) {
            // the process is gone: said below
        }
        throw new Refused(ENDED);
    }

    /// The median time of some runs.
    ///
    /// @return nanoseconds
    long time(int runs) throws Refused {
        long[] times = Arrays.stream(ask("time " + runs).split(" ")).mapToLong(Long::parseLong).sorted().toArray();
        return times[times.length / 2];
    }

    /// The results of the last run.
    float[] outputs() throws Refused, IOException {
        Path file = Files.createTempFile("outputs", ".f32");
        try {
            ask("outputs " + file);
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
            float[] values = new float[bytes.remaining() / 4];
            bytes.asFloatBuffer().get(values);
            return values;
        } finally {
            Files.delete(file);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            requests.close();
        } catch (IOException e) {
            // it ended before
        }
        try {
            process.waitFor(5, java.util.concurrent.TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroy();
        answers.close();
    }
}
