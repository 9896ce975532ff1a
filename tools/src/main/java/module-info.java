/// The `smalti` command line.
module smalti.tools {
    requires info.picocli;
    requires java.logging;
    requires jdk.management;
    requires smalti.models;
    requires smalti.pipeline;

    opens io.github.smalti.tools to info.picocli;
}
