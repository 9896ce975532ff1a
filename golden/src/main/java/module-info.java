/// Reads the reference results and damages files for the readers' tests; for tests only.
module smalti.golden {
    requires java.management;
    requires jdk.management;
    requires static transitive org.junit.jupiter.api;
    requires static transitive org.junit.platform.launcher;
    requires transitive com.fasterxml.jackson.databind;

    exports io.github.smalti.golden;
}
