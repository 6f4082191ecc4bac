package dev.dovetail.runtime.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One file of any bytes; blocks of it play the part that files play in a larger corpus. In one whose name ends in {@code .jsonl}
 * each line is a document.
 */
public record TextFile(Path file) implements DataSource {
    /** Small enough that a short text still has held-out blocks, large enough that few windows cross a border. */
    private static final int MOST_BLOCK = 64 * 1024;

    private static final int LEAST_BLOCK = 256;

    @Override
    public String label() {
        return "file \"" + file + "\"";
    }

    @Override
    public Corpus read() {
        if (!Files.isRegularFile(file)) {
            throw new DataException(
                    Files.isDirectory(file)
                            ? "`" + file + "` is a folder, and `data file` takes a file"
                            : "the data file `" + file.toAbsolutePath() + "` does not exist",
                    "check the path; it is relative to the folder the job is run in");
        }
        try {
            byte[] bytes = Files.readAllBytes(file);
            return Corpus.split(label(), JsonLines.isOne(file) ? new JsonLines(file).documents(bytes) : blocks(bytes));
        } catch (IOException e) {
            throw new DataException(
                    "the data file `" + file + "` cannot be read: " + e.getMessage(), "check its permissions", e);
        } catch (OutOfMemoryError e) {
            throw new DataException(
                    "the data file `" + file + "` is too large to hold in memory",
                    "raise -Xmx, or use a part of it",
                    e);
        }
    }

    private List<Document> blocks(byte[] bytes) {
        int block = Math.clamp(bytes.length / 200, LEAST_BLOCK, MOST_BLOCK);
        List<Document> blocks = new ArrayList<>();
        for (int from = 0, i = 0; from < bytes.length; from += block, i++) {
            byte[] part = Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + block));
            blocks.add(new Document("block " + i, part));
        }
        return blocks;
    }
}
