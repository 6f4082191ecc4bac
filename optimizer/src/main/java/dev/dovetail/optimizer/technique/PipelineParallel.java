package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Each rank runs some of the layers and hands micro-batches to the next; stages differ by at most one layer. */
public final class PipelineParallel implements Technique {

    @Override
    public String name() {
        return "pipeline";
    }

    @Override
    public String citation() {
        return "Huang et al. 2019, GPipe, arXiv:1811.06965";
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(Choice.of(
                Decision.PIPELINE,
                (problem, before) -> IntStream.rangeClosed(
                                1, Math.min(problem.blocks(), problem.devices() / before.get(Decision.TENSOR)))
                        .boxed()
                        .toList()));
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        return decisions.find(Decision.PIPELINE).flatMap(stages -> refusal(problem, decisions, stages));
    }

    private static Optional<Clash> refusal(Problem problem, Decisions decisions, int stages) {
        int layers = problem.blocks();
        if (stages > layers) {
            return Optional.of(Clash.of(
                            Decision.PIPELINE.name(),
                            "pipeline " + stages + " has more stages than the model has layers (" + layers + ")",
                            "each stage runs at least one layer")
                    .with(problem.job().model().origin(), layers + " layers are declared here")
                    .help("use " + layers + " or less"));
        }
        int tensor = decisions.find(Decision.TENSOR).orElse(1);
        return (long) stages * tensor <= problem.devices()
                ? Optional.empty()
                : Optional.of(Clash.of(
                                Decision.PIPELINE.name(),
                                "tensor " + tensor + " x pipeline " + stages + " needs " + (long) stages * tensor
                                        + " devices, the cluster has " + problem.devices(),
                                "each stage has its own tensor ranks")
                        .with(problem.origin(Decision.TENSOR), "tensor is " + tensor + " here"));
    }
}
