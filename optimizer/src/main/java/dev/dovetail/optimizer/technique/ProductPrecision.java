package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.cluster.Cluster.NodeGroup;
import dev.dovetail.ir.cluster.Device;
import dev.dovetail.ir.job.ProductFormat;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.optimizer.cost.CostModel;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What classes of linear layers multiply in, where a spec allows several formats. Which of them a model trains well in is for the
 * spec to say: among those it allows, plans are told apart by what they cost alone.
 */
public final class ProductPrecision implements Technique {

    @Override
    public String name() {
        return "matmul";
    }

    @Override
    public String citation() {
        return "Micikevicius et al. 2022, arXiv:2209.05433 (fp8); Rouhani et al. 2023, arXiv:2310.10537 (microscaling formats)";
    }

    @Override
    public boolean concerns(Problem problem) {
        return problem.job().precision().choices().size() > 1;
    }

    @Override
    public List<Choice<?>> choices() {
        return List.of(Choice.of(
                Decision.MATMUL, (problem, before) -> problem.job().precision().choices()));
    }

    @Override
    public Optional<Clash> clash(Problem problem, Decisions decisions) {
        return decisions
                .find(Decision.MATMUL)
                .flatMap(formats -> problem.job().cluster().groups().stream()
                        .map(NodeGroup::node)
                        .map(node -> node.device())
                        .flatMap(device -> formats.all()
                                .filter(format -> !CostModel.multiplies(device, format))
                                .map(format -> refusal(device, format)))
                        .findFirst());
    }

    private static Clash refusal(Device device, ProductFormat format) {
        String word = format.name().toLowerCase(Locale.ROOT);
        return Clash.of(
                Decision.MATMUL.name(),
                device.name() + " has no tensor cores for " + word + ", or nobody measured them",
                "what nobody measured cannot be foreseen");
    }
}
