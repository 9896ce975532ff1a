package io.github.smalti.tools;

import picocli.CommandLine.Command;

@Command(name = "decode")
final class Decode implements Runnable {
    @Override
    public void run() {}
}
