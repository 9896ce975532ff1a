package io.github.smalti.tools;

import picocli.CommandLine.Command;

@Command(name = "inspect")
final class Inspect implements Runnable {
    @Override
    public void run() {}
}
