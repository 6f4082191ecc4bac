package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.Severity;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.job.TrainJob;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A spec and what it means, as far as it could be understood.
 *
 * @param sources every text that was read, by the name that messages call it
 * @param jobs the jobs without a mistake, in order
 */
public record ResolvedSpec(
        Map<String, SourceText> sources,
        List<Diagnostic> diagnostics,
        List<TrainJob> jobs,
        List<ModelDefinition> models,
        List<Cluster> clusters) {
    public ResolvedSpec {
        sources = Map.copyOf(new LinkedHashMap<>(sources));
        diagnostics = List.copyOf(diagnostics);
        jobs = List.copyOf(jobs);
        models = List.copyOf(models);
        clusters = List.copyOf(clusters);
    }

    public boolean hasErrors() {
        return diagnostics.stream().anyMatch(diagnostic -> diagnostic.severity() == Severity.ERROR);
    }

    /** The job called so. */
    public Optional<TrainJob> job(String name) {
        return jobs.stream().filter(job -> job.name().equals(name)).findFirst();
    }
}
