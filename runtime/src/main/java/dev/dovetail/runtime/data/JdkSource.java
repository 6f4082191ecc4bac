package dev.dovetail.runtime.data;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The Java sources of module java.base inside the running JDK: about 50 MB of real text on every developer's machine.
 *
 * @param archive lib/src.zip of the JDK
 */
public record JdkSource(Path archive) implements DataSource {
    /** One module is plenty for a small model, and 3400 files are read in well under a second. */
    private static final String MODULE = "java.base/";

    /** The archive of the JDK that runs this process. */
    public static JdkSource ofRunningJdk() {
        return new JdkSource(Path.of(System.getProperty("java.home"), "lib", "src.zip"));
    }

    @Override
    public String label() {
        return "jdk source";
    }

    @Override
    public Corpus read() {
        if (!Files.isReadable(archive)) {
            throw new DataException(
                    "this JDK carries no Java sources: `" + archive + "` is missing",
                    "run with a JDK that has lib/src.zip (on Debian: install its -source package), or name a text of"
                            + " your own in the job: `data file \"notes.txt\"`");
        }
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            List<Document> documents = new ArrayList<>();
            List<? extends ZipEntry> entries = zip.stream()
                    .filter(e -> e.getName().startsWith(MODULE) && e.getName().endsWith(".java"))
                    .sorted(Comparator.comparing(ZipEntry::getName))
                    .toList();
            for (ZipEntry entry : entries) {
                try (InputStream in = zip.getInputStream(entry)) {
                    documents.add(new Document(entry.getName(), in.readAllBytes()));
                }
            }
            return Corpus.split(label(), documents);
        } catch (IOException e) {
            throw new DataException(
                    "the JDK's source archive `" + archive + "` cannot be read: " + e.getMessage(),
                    "reinstall the JDK, or name a text of your own in the job: `data file \"notes.txt\"`",
                    e);
        }
    }
}
