package dev.dovetail.ir.print;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Texts kept in files beside the tests; {@code -Dgolden=write} writes them anew, for a person to read the difference. */
public final class Golden {
    private static final Path FOLDER = Path.of("src", "test", "resources", "golden");

    private Golden() {}

    public static void check(String file, String text) {
        Path path = FOLDER.resolve(file);
        try {
            if ("write".equals(System.getProperty("golden"))) {
                Files.createDirectories(FOLDER);
                Files.writeString(path, text);
            }
            assertEquals(Files.readString(path), text, "write it anew with -Dgolden=write and read the difference");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
