package io.github.smalti.tools;

import picocli.CommandLine.Command;

@Command(name = "encode")
final class Encode implements Runnable {
    @Override
    public void run() {}
}
