package io.github.smalti.bench.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/// One engine's process. It does what its standard input says, line by line, and answers each line with one that
/// starts with [#ANSWER]; whatever else engines print is passed over.
final class Child {
    /// The start of an answer.
    static final String ANSWER = "peer> ";

    private final Peer peer;
    private Work work;
    private String[] open;
    private float sum;

    private Child(Peer peer) { this.peer = peer; }

    /// Runs an engine until its standard input ends.
    public static void main(String[] args) throws IOException {
        PrintStream answers = System.out;
        System.setOut(System.err); // what Java code of an engine prints
        Child child = new Child(peer(args[0]));
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = lines.readLine()) != null;) {
            answers.println(ANSWER + child.answer(line));
            answers.flush();
        }
        System.exit(0); // pools of engines have threads that are no daemons
    }

    private static Peer peer(String name) {
        return switch (name) {
            case "smalti" -> new SmaltiPeer();
            case "ort-spin" -> new OrtPeer(true);
            case "ort-block" -> new OrtPeer(false);
            case "libtorch" -> new DjlPeer();
            case "jlama-native", "jlama-panama" -> new JlamaPeer();
            case "tokenizers" -> new TokenizersPeer(TokenizersPeer.Way.EACH);
            case "tokenizers-batch" -> new TokenizersPeer(TokenizersPeer.Way.BATCH);
            case "tokenizers-ids" -> new TokenizersPeer(TokenizersPeer.Way.IDS);
            case "machine" -> new MachinePeer();
            default -> throw new IllegalArgumentException("no such engine: " + name);
        };
    }

    private String answer(String line) {
        String[] words = line.split(" ");
        try {
            return "ok " + switch (words[0]) {
                case "describe" -> peer.describe();
                case "open" -> open(line.substring(5).split(" "));
                case "time" -> time(Integer.parseInt(words[1]));
                case "outputs" -> outputs(Path.of(line.substring(8)));
                case "close" -> close();
                default -> throw new IllegalArgumentException("unknown request: " + line);
            };
        } catch (UnsupportedOperationException e) {
            return "no " + oneLine(e.getMessage());
        } catch (Exception | LinkageError e) {
            e.printStackTrace();
            return "no " + oneLine(e.toString());
        }
    }

    private static String oneLine(String text) { return text == null ? "" : text.replaceAll("\\s+", " ").strip(); }

    private String open(String[] words) throws Exception {
        boolean kept = work != null && words.length > 3 && Arrays.equals(words, 0, 3, open, 0, 3) && work.become(words);
        if (!kept) {
            close();
            work = peer.open(words);
            open = words;
        }
        sum += work.run();
        return "";
    }

    /// Nanoseconds of each run.
    private String time(int count) throws Exception {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < count; i++) {
            long start = System.nanoTime();
            sum += work.run();
            out.append(i == 0 ? "" : " ").append(System.nanoTime() - start);
        }
        return out.toString();
    }

    /// Writes the results of the last run as little-endian floats.
    private String outputs(Path file) throws Exception {
        float[] values = work.outputs();
        ByteBuffer bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(values);
        Files.write(file, bytes.array());
        return Float.toString(sum);
    }

    private String close() throws Exception {
        if (work != null) {
            Work old = work;
            work = null;
            old.close();
            System.gc(); // weights of the last workload
        }
        return "";
    }
}
