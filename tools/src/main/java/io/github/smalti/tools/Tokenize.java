package io.github.smalti.tools;

import picocli.CommandLine.Command;

@Command(name = "tokenize")
final class Tokenize implements Runnable {
    @Override
    public void run() {}
}
