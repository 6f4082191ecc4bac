package dev.dovetail.optimizer.template;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Fixed;
import dev.dovetail.ir.plan.PipelineTemplates;
import dev.dovetail.ir.plan.PipelineTemplates.Formation;
import dev.dovetail.ir.plan.PipelineTemplates.Template;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Plans a job's pipeline templates (Jang et al. 2023, Oobleck, arXiv:2309.08125): each is the best plan of one copy of the model on so
 * many nodes, found as any plan is.
 *
 * @param copies plans one copy of the model
 */
public record TemplatePlanner(CopyPlanner copies) {

    /** Plans and times one copy. */
    public interface CopyPlanner {
        /** The best plan of a job on its cluster, or nothing where none fits. */
        Optional<Decisions> plan(TrainJob job);

        /** The step of a job under decisions taken before. */
        Seconds step(TrainJob job, Decisions decisions);
    }

    /** Empty where the job asks for none, or cannot keep the promise on its nodes. */
    public Optional<PipelineTemplates> plan(TrainJob job, Decisions whole) {
        int failures = job.survivedFailures();
        if (failures == 0 || job.cluster().groups().isEmpty()) {
            return Optional.empty();
        }
        int nodes = job.cluster().groups().getFirst().count();
        TrainJob one = oneCopy(job, whole);
        return leastNodes(one, nodes / (failures + 1))
                .map(least -> new TemplateSizes(nodes, failures, least))
                .filter(TemplateSizes::isEnough)
                .map(sizes -> templates(one, sizes))
                .flatMap(planned -> formed(job, whole, failures, planned));
    }

    /** Fewest nodes that hold a copy, at most {@code most}: what fits on some fits on more. */
    private Optional<Integer> leastNodes(TrainJob one, int most) {
        if (most < 1 || on(one, most).isEmpty()) {
            return Optional.empty();
        }
        int low = 1;
        int high = most;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (on(one, middle).isPresent()) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return Optional.of(low);
    }

    private Optional<Decisions> on(TrainJob one, int nodes) {
        return copies.plan(one.on(one.cluster().withNodes(nodes)));
    }

    private record Planned(TemplateSizes sizes, List<Template> templates) {}

    private Planned templates(TrainJob one, TemplateSizes sizes) {
        var templates = new ArrayList<Template>();
        for (int nodes = sizes.least(); nodes <= sizes.largest(); nodes++) {
            int size = nodes;
            on(one, nodes).ifPresent(decisions -> templates.add(template(one, size, decisions)));
        }
        return new Planned(sizes, templates);
    }

    /** A step grows by the same time with every micro-batch once the pipeline is full: two steps tell both parts. */
    private Template template(TrainJob one, int nodes, Decisions decisions) {
        TrainJob here = one.on(one.cluster().withNodes(nodes));
        int fewer = one.batch() / decisions.get(Decision.MICROBATCH);
        Seconds few = copies.step(here, decisions);
        Seconds twice = copies.step(here.withBatch(2 * one.batch()), decisions);
        Seconds each = twice.minus(few).times(1.0 / fewer);
        return new Template(nodes, decisions, few.minus(each.times(fewer)), each);
    }

    private static Optional<PipelineTemplates> formed(TrainJob job, Decisions whole, int failures, Planned planned) {
        int nodes = planned.sizes().nodes();
        int microbatches = job.batch() / whole.get(Decision.MICROBATCH);
        var formations = new Formations(planned.templates(), failures + 1, microbatches);
        List<Formation> formed = IntStream.concat(
                        IntStream.rangeClosed(0, failures).map(lost -> nodes - lost),
                        IntStream.of(planned.sizes().fewestNodes()))
                .filter(left -> left >= planned.sizes().fewestNodes())
                .distinct()
                .mapToObj(formations::on)
                .flatMap(Optional::stream)
                .toList();
        return formed.isEmpty()
                ? Optional.empty()
                : Optional.of(new PipelineTemplates(failures, planned.templates(), formed));
    }

    /**
     * One copy, with the micro-batch of the whole plan so that copies of any size can share a batch, on the schedule whose step grows
     * evenly, and enough micro-batches to fill its pipeline.
     */
    private static TrainJob oneCopy(TrainJob job, Decisions whole) {
        Map<String, Fixed> fixed = new HashMap<>();
        fixed.put(Decision.DATA.name(), new Fixed("1", Origin.NONE));
        fixed.put(
                Decision.MICROBATCH.name(),
                new Fixed(Decision.MICROBATCH.print().apply(whole.get(Decision.MICROBATCH)), Origin.NONE));
        fixed.put(Decision.SCHEDULE.name(), new Fixed("1f1b", Origin.NONE));
        fixed.put(Decision.INTERLEAVE.name(), new Fixed("1", Origin.NONE));
        int copies = whole.get(Decision.DATA);
        int share = Math.max(1, job.batch() / copies / whole.get(Decision.MICROBATCH)) * whole.get(Decision.MICROBATCH);
        return job.surviving(0).with(fixed, job.forbidden()).withBatch(share);
    }
}
