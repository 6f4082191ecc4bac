package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.Job;
import dev.dovetail.grammar.syntax.SourceText;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A spec with everything it imports.
 *
 * @param definitions its own first, then those of its imports
 * @param jobs its own; an import brings definitions alone
 * @param sources every text by its name
 * @param folders the folder each text lies in, by its name
 * @param complete whether every declaration could be read
 */
record LoadedSpec(
        List<Definition> definitions,
        List<Job> jobs,
        Map<String, SourceText> sources,
        Map<String, Path> folders,
        boolean complete) {}
