package dev.dovetail.runtime.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The licences of a JDK and of what it is made of, as it ships them: English text on every machine. */
public record JdkLicences(Path folder) implements DataSource {

    public static JdkLicences ofRunningJdk() {
        return new JdkLicences(Path.of(System.getProperty("java.home"), "legal"));
    }

    @Override
    public String label() {
        return "jdk licences";
    }

    @Override
    public Corpus read() {
        List<Document> documents = new ArrayList<>();
        try (Stream<Path> files = Files.walk(folder)) {
            // Modules link to the licences they share.
            for (Path file : files.filter(this::isText).sorted().toList()) {
                documents.add(new Document(folder.relativize(file).toString(), Files.readAllBytes(file)));
            }
        } catch (IOException e) {
            throw new DataException(
                    "the running Java has no licences to read: " + e.getMessage(),
                    "run on a JDK that ships its `legal` folder, or say `data file`",
                    e);
        }
        return Corpus.split(label(), documents);
    }

    private boolean isText(Path file) {
        return Files.isRegularFile(file) && !Files.isSymbolicLink(file);
    }
}
