/// Reads the reference results; for tests only.
module smalti.golden {
    requires transitive com.fasterxml.jackson.databind;

    exports io.github.smalti.golden;
}
