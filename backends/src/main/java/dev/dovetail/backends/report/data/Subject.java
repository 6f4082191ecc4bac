package dev.dovetail.backends.report.data;

import java.util.Optional;

/**
 * What the report is about.
 *
 * @param job the job's name
 * @param model the model in a line: {@code tiny_gpt, 836 k parameters, 4 layers}
 * @param hardware what the job runs on, in a line
 * @param objective what was minimised: {@code time}
 * @param spec the text that was planned, with its file name
 * @param command what to type to get this again
 * @param version of the tool that wrote it
 */
public record Subject(
        String job,
        String model,
        String hardware,
        String objective,
        Optional<SpecText> spec,
        String command,
        String version) {

    /** The text of a spec; decisions point at its lines. */
    public record SpecText(String file, String text) {}
}
