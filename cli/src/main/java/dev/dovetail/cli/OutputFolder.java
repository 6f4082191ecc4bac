package dev.dovetail.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/** Where a command writes. A full disk says only that it is full: here it is said of which folder, and what to do. */
public record OutputFolder(Path path) {

    /** Writes into the folder. */
    @FunctionalInterface
    public interface Filling<T> {
        T write(Path folder) throws IOException, InterruptedException;
    }

    /**
     * What {@code filling} gives.
     *
     * @throws CommandFailure naming the folder, where the failure names no file itself
     */
    public <T> T fill(Filling<T> filling) throws IOException, InterruptedException {
        try {
            return filling.write(path);
        } catch (UncheckedIOException wrapped) {
            throw named(wrapped.getCause());
        } catch (IOException broken) {
            throw named(broken);
        }
    }

    private IOException named(IOException broken) {
        if (broken instanceof FileSystemException file && file.getFile() != null) {
            return broken;
        }
        throw CommandFailure.of(
                ExitStatus.WRONG_INPUT,
                "`" + path + "` cannot be written: " + broken.getMessage(),
                "free space there, or choose another folder with `-o`; what was saved there before is untouched");
    }
}
