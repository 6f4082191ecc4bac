package dev.dovetail.backends.report;

import dev.dovetail.backends.report.page.Page;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Writes {@code report.html}: one self-contained file that any browser opens offline. */
public final class Report {
    private Report() {}

    /** The page's text; the same data give the same bytes. */
    public static String html(ReportData data) {
        return Page.of(data);
    }

    /** Writes the page to {@code file}; a reader never sees half of it. */
    public static Path write(ReportData data, Path file) throws IOException {
        Path target = file.toAbsolutePath();
        Files.createDirectories(target.getParent());
        Path draft = Files.writeString(target.resolveSibling(target.getFileName() + ".new"), html(data));
        return Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
