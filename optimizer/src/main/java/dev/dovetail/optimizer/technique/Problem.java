package dev.dovetail.optimizer.technique;

import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.Names;
import dev.dovetail.ir.graph.Graph;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.model.ExpandModel;
import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Fixed;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.tensor.TensorType;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What techniques and search look at.
 *
 * @param model the model expanded for one sequence
 * @param blocks layers between embedding and head
 * @param parameters elements of all that the model has
 * @param splitExtents every extent of each dim that ranks may share, by dim name
 */
public record Problem(TrainJob job, Model model, int blocks, long parameters, Map<String, TreeSet<Long>> splitExtents) {

    /** Dims whose parts a rank computes alone; an operator split along one needs no exchange inside. */
    public static final List<String> SPLIT_DIMS = List.of(Names.HEADS, Names.KV_HEADS, Names.INNER, Names.VOCAB);

    /** Dims that ranks may share in more ways than one. */
    private static final List<String> EXPERT_DIMS = List.of(Names.EXPERTS, Names.EXPERT_INNER);

    public Problem {
        splitExtents = Collections.unmodifiableMap(new TreeMap<>(splitExtents));
    }

    /** Throws {@link dev.dovetail.ir.block.BlockException} where a sub-layer's settings cannot be. */
    public static Problem of(TrainJob job) {
        Model model = ExpandModel.expand(
                job.model(),
                ExpansionForm.Training.of(job.sequence(), 1),
                job.precision().compute());
        var extents = new TreeMap<String, TreeSet<Long>>();
        for (LayerKind kind : model.kinds()) {
            types(kind.forward()).forEach(type -> collect(type, extents));
        }
        return new Problem(job, model, model.blocks(), model.parameterCount(), extents);
    }

    private static Stream<TensorType> types(Graph graph) {
        return Stream.concat(
                graph.parameters().stream().map(p -> p.value().type()),
                graph.nodes().stream().flatMap(n -> n.results().stream()).map(value -> value.type()));
    }

    private static void collect(TensorType type, Map<String, TreeSet<Long>> extents) {
        for (String dim : Stream.of(SPLIT_DIMS, EXPERT_DIMS, List.of(Names.SEQUENCE))
                .flatMap(List::stream)
                .toList()) {
            type.find(dim)
                    .ifPresent(d ->
                            extents.computeIfAbsent(dim, k -> new TreeSet<>()).add(d.bound()));
        }
    }

    /** Every extent that a dim has in the model; none where no layer has it. */
    TreeSet<Long> extents(String dim) {
        return splitExtents.getOrDefault(dim, new TreeSet<>());
    }

    /** Whether some expert has a bias behind its inner width. */
    boolean hasExpertBias() {
        return model.kinds().stream()
                .flatMap(kind -> kind.forward().parameters().stream())
                .map(parameter -> parameter.value().type())
                .anyMatch(type -> type.has(Names.EXPERTS) && !type.has(Names.EXPERT_INNER));
    }

    public int devices() {
        return job.cluster().devices();
    }

    /** Devices that reach each other over the fast network inside a node or rack. */
    public int domain() {
        int largest = job.cluster().groups().stream()
                .mapToInt(group -> group.node().domain())
                .max()
                .orElseThrow();
        return Math.min(largest, devices());
    }

    public boolean forbids(Technique technique) {
        return job.forbidden().contains(technique.name());
    }

    public Optional<Fixed> fixed(Decision<?> decision) {
        return Optional.ofNullable(job.fixed().get(decision.name()));
    }

    /** What is fixed of a decision with nothing else decided; empty where it is left open. */
    <T> Optional<Decisions> fixedAlone(Decision<T> decision) {
        return fixed(decision)
                .map(said -> Decisions.none().with(decision, decision.parse().apply(said.value())));
    }

    /** Where the spec fixes {@code decision}; nowhere if it does not. */
    public Origin origin(Decision<?> decision) {
        return fixed(decision).map(Fixed::origin).orElse(Origin.NONE);
    }

    /** Divisors of {@code n} up to {@code most}, ascending. */
    static List<Integer> divisors(int n, int most) {
        var divisors = new TreeSet<Integer>();
        for (int i = 1; (long) i * i <= n; i++) {
            if (n % i == 0) {
                divisors.add(i);
                divisors.add(n / i);
            }
        }
        return List.copyOf(divisors.headSet(most, true));
    }
}
