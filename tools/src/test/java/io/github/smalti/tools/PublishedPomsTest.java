package io.github.smalti.tools;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;

/// What a central repository asks of a POM: modules inherit from the root all but their own name and description.
class PublishedPomsTest {
    private static final Path ROOT = Path.of(System.getProperty("smalti.golden")).resolve("../..").normalize();
    private static final List<String> NOT_PUBLISHED = List.of("golden", "bench");

    private static Document pom(Path folder) throws Exception {
        return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(folder.resolve("pom.xml").toFile());
    }

    private static String text(Document pom, String path) throws Exception {
        return XPathFactory.newInstance().newXPath().evaluate("/project/" + path, pom).strip();
    }

    static Stream<String> modules() throws Exception {
        var names = pom(ROOT).getElementsByTagName("modules").item(0).getTextContent().strip().split("\\s+");
        return Stream.of(names).filter(name -> !NOT_PUBLISHED.contains(name));
    }

    @ParameterizedTest
    @MethodSource("modules")
    void moduleSaysWhatItIs(String module) throws Exception {
        Document pom = pom(ROOT.resolve(module));
        for (String path : List.of("name", "description", "parent/artifactId")) {
            assertFalse(text(pom, path).isEmpty(), module + "/pom.xml: no " + path);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"name", "description", "url", "licenses/license/name",
            "licenses/license/url", "developers/developer/name", "scm/connection", "scm/developerConnection",
            "scm/url"})
    void rootHasWhatAllInherit(String path) throws Exception {
        assertTrue(!text(pom(ROOT), path).isEmpty(), "pom.xml: no " + path);
    }
}
