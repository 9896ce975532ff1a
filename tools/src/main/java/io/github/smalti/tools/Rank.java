package io.github.smalti.tools;

import picocli.CommandLine.Command;

@Command(name = "rank")
final class Rank implements Runnable {
    @Override
    public void run() {}
}
