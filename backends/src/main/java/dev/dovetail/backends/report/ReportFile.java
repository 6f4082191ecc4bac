package dev.dovetail.backends.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code report.json}: what a report shows of a plan, kept beside the job so that the page can be written again once there is
 * something measured. Fields are only ever added; readers pass over those they do not know.
 */
public final class ReportFile {
    private static final int SCHEMA = 2;
    private static final JsonMapper JSON = JsonMapper.shared();

    private ReportFile() {}

    private record Envelope(int schema, ReportData report) {}

    public static Path write(ReportData data, Path file) throws IOException {
        Path target = file.toAbsolutePath();
        Files.createDirectories(target.getParent());
        Path draft = target.resolveSibling(target.getFileName() + ".new");
        Files.writeString(draft, JSON.writeValueAsString(new Envelope(SCHEMA, data)));
        return Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Empty where the file is not one of these, or of a later schema. */
    public static Optional<ReportData> read(Path file) throws IOException {
        try {
            Envelope envelope = JSON.readValue(Files.readString(file), Envelope.class);
            return envelope.schema() == SCHEMA ? Optional.ofNullable(envelope.report()) : Optional.empty();
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }
}
