package dev.dovetail.backends.report.page;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Styles and scripts that go into the page: ours, and the charting library from its jar. */
final class Resources {
    private static final String D3 = "/META-INF/maven/org.webjars.npm/d3/pom.properties";
    /** Ours, in the order they run; each later one may use the earlier. */
    private static final List<String> OURS = List.of(
            "chart.js",
            "tree.js",
            "comparison.js",
            "lanes.js",
            "timeline.js",
            "activities.js",
            "memory.js",
            "runners-up.js",
            "front.js",
            "proof.js",
            "training.js",
            "page.js");

    private Resources() {}

    static String style() {
        return read("/dev/dovetail/backends/report/report.css");
    }

    /** The library, then ours; each fits inside a script element. */
    static List<String> scripts() {
        String ours = OURS.stream()
                .map(name -> read("/dev/dovetail/backends/report/" + name))
                .collect(Collectors.joining("\n"));
        return Stream.of(library(), "(() => {\n\"use strict\";\n" + ours + "})();")
                .map(Resources::insideScript)
                .toList();
    }

    private static String library() {
        return read("/META-INF/resources/webjars/d3/" + version() + "/dist/d3.min.js");
    }

    /** The jar says which version it is, so that changing it is one line of the build. */
    private static String version() {
        try (InputStream stream = open(D3)) {
            var properties = new Properties();
            properties.load(stream);
            return properties.getProperty("version");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String insideScript(String script) {
        if (script.contains("</script")) {
            throw new IllegalStateException("a script holds its own closing tag");
        }
        return script;
    }

    private static String read(String name) {
        try (InputStream stream = open(name)) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream open(String name) {
        InputStream stream = Resources.class.getResourceAsStream(name);
        if (stream == null) {
            throw new IllegalStateException("the class path lacks " + name);
        }
        return stream;
    }
}
