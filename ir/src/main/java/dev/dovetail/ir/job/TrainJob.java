package dev.dovetail.ir.job;

import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.plan.Fixed;
import dev.dovetail.ir.spec.Origin;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Train one model on one cluster: what the optimizer is asked.
 *
 * @param batch sequences in the global batch
 * @param sequence tokens of one sequence
 * @param steps optimizer steps of the whole job; 0 where the spec names neither steps nor tokens
 * @param objectives what is minimised, most important first
 * @param front what the plans worth choosing from trade against each other; empty where nobody asks
 * @param fixed decisions the spec (or the command line) takes itself, by name
 * @param forbidden techniques the solver may not use
 * @param checkpointEvery steps between checkpoints
 * @param preparation what is done to samples before, where the spec says what that costs
 * @param starts runs whose last weights this one starts from; none for random weights
 */
public record TrainJob(
        String name,
        ModelDefinition model,
        Cluster cluster,
        DataSource data,
        int batch,
        int sequence,
        long steps,
        Precision precision,
        OptimizerSettings optimizer,
        List<Objective> objectives,
        List<Objective> front,
        List<Requirement> requirements,
        Map<String, Fixed> fixed,
        List<String> forbidden,
        long seed,
        int checkpointEvery,
        Optional<Preparation> preparation,
        List<Start> starts,
        Origin origin) {

    /** A job that starts from random weights and asks for one plan. */
    public TrainJob(
            String name,
            ModelDefinition model,
            Cluster cluster,
            DataSource data,
            int batch,
            int sequence,
            long steps,
            Precision precision,
            OptimizerSettings optimizer,
            List<Objective> objectives,
            List<Requirement> requirements,
            Map<String, Fixed> fixed,
            List<String> forbidden,
            long seed,
            int checkpointEvery,
            Origin origin) {
        this(
                name,
                model,
                cluster,
                data,
                batch,
                sequence,
                steps,
                precision,
                optimizer,
                objectives,
                List.of(),
                requirements,
                fixed,
                forbidden,
                seed,
                checkpointEvery,
                Optional.empty(),
                List.of(),
                origin);
    }

    public TrainJob {
        objectives = List.copyOf(objectives);
        front = List.copyOf(front);
        requirements = List.copyOf(requirements);
        fixed = Collections.unmodifiableMap(new LinkedHashMap<>(fixed));
        forbidden = List.copyOf(forbidden);
        starts = List.copyOf(starts);
    }

    /** The same job with other decisions fixed and other techniques forbidden. */
    public TrainJob with(Map<String, Fixed> otherFixed, List<String> otherForbidden) {
        return copy(cluster, batch, precision, requirements, otherFixed, otherForbidden);
    }

    /** The same job, to survive so many failures of nodes at once; 0 for none. */
    public TrainJob surviving(int failures) {
        var kept = new ArrayList<>(requirements);
        Origin said = survival().map(Requirement::origin).orElse(origin);
        kept.removeIf(Requirement.Survive.class::isInstance);
        if (failures > 0) {
            kept.add(new Requirement.Survive(failures, said));
        }
        return copy(cluster, batch, precision, kept, fixed, forbidden);
    }

    /** The same job with another global batch. */
    public TrainJob withBatch(int sequences) {
        return copy(cluster, sequences, precision, requirements, fixed, forbidden);
    }

    /** The most that is asked of how many node failures training survives. */
    public Optional<Requirement.Survive> survival() {
        return requirements.stream()
                .filter(Requirement.Survive.class::isInstance)
                .map(Requirement.Survive.class::cast)
                .max(Comparator.comparingInt(Requirement.Survive::nodes));
    }

    /** Node failures at once that training must survive; 0 where nothing is asked. */
    public int survivedFailures() {
        return survival().map(Requirement.Survive::nodes).orElse(0);
    }

    /** The same job in other numbers. */
    public TrainJob with(Precision other) {
        return copy(cluster, batch, other, requirements, fixed, forbidden);
    }

    private TrainJob copy(
            Cluster where,
            int sequences,
            Precision numbers,
            List<Requirement> asked,
            Map<String, Fixed> decided,
            List<String> refused) {
        return new TrainJob(
                name,
                model,
                where,
                data,
                sequences,
                sequence,
                steps,
                numbers,
                optimizer,
                objectives,
                front,
                asked,
                decided,
                refused,
                seed,
                checkpointEvery,
                preparation,
                starts,
                origin);
    }

    /** The same job, with the front of plans that trade these. */
    public TrainJob trading(List<Objective> figures) {
        return new TrainJob(
                name,
                model,
                cluster,
                data,
                batch,
                sequence,
                steps,
                precision,
                optimizer,
                objectives,
                figures,
                requirements,
                fixed,
                forbidden,
                seed,
                checkpointEvery,
                preparation,
                starts,
                origin);
    }

    /** The same job on samples that have to be prepared. */
    public TrainJob preparing(Preparation samples) {
        return new TrainJob(
                name,
                model,
                cluster,
                data,
                batch,
                sequence,
                steps,
                precision,
                optimizer,
                objectives,
                front,
                requirements,
                fixed,
                forbidden,
                seed,
                checkpointEvery,
                Optional.of(samples),
                starts,
                origin);
    }

    /** The same job on another cluster. */
    public TrainJob on(Cluster other) {
        return copy(other, batch, precision, requirements, fixed, forbidden);
    }

    public long tokensPerStep() {
        return (long) batch * sequence;
    }

    /** Sequences of the data rank that has most of the global batch; shares differ by one at most. */
    public int largestShare(int dataRanks) {
        return Math.ceilDiv(batch, dataRanks);
    }

    /** Micro-batches every data rank runs in a step; a share that is no whole number of them is padded. */
    public int microbatches(int dataRanks, int microbatch) {
        return Math.ceilDiv(largestShare(dataRanks), microbatch);
    }
}
