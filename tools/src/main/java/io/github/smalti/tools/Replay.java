package io.github.smalti.tools;

import picocli.CommandLine.Command;

@Command(name = "replay")
final class Replay implements Runnable {
    @Override
    public void run() {}
}
