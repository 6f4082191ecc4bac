package dev.dovetail.cli.kernels;

import dev.dovetail.backends.cuda.KernelProvenance;
import dev.dovetail.backends.cuda.KernelUse;
import dev.dovetail.backends.cuda.KernelWork;
import dev.dovetail.backends.cuda.ProgramKernels;
import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.graph.Parameter;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.model.ExpandModel;
import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.tensor.Dim;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The line of the spec that a kernel serves: that of the sub-layer whose parameters it touches, or whose dims (heads, inner)
 * it alone of its layer has; otherwise that of the model.
 */
public final class KernelOrigins implements ProgramKernels.Origins {
    private final TrainJob job;
    private final List<String> choices;
    private final List<Layer> layers;

    /** @param choices decisions of the plan, such as {@code tensor 2} */
    public KernelOrigins(TrainJob job, List<String> choices) {
        this.job = job;
        this.choices = List.copyOf(choices);
        var form = ExpansionForm.Training.of(job.sequence(), 1);
        Model model = ExpandModel.expand(job.model(), form, job.precision().compute());
        this.layers = new ArrayList<>();
        for (int i = 0; i < model.kinds().size(); i++) {
            LayerKind kind = model.kinds().get(i);
            model.stackOf(model.order().indexOf(i)).ifPresent(stack -> layers.add(Layer.of(kind, stack)));
        }
    }

    @Override
    public KernelProvenance of(KernelUse use) {
        Origin origin = layers.stream()
                .filter(layer -> use.bodies().getFirst().startsWith(layer.kind() + "_"))
                .findFirst()
                .flatMap(layer -> layer.origin(use))
                .filter(found -> !found.equals(Origin.NONE))
                .orElse(job.model().origin());
        return new KernelProvenance(origin.file(), origin.line(), String.join(", ", use.bodies()), choices);
    }

    /** One kind of layer. */
    private record Layer(String kind, List<Part> parts) {

        /** A sub-layer: the prefix of its parameters, their dims, and its place in the spec. */
        private record Part(String prefix, Set<String> dims, Origin origin) {
            boolean names(String tensor) {
                return tensor.startsWith(prefix + ".") || tensor.startsWith("d_" + prefix + ".");
            }
        }

        static Layer of(LayerKind kind, Stack stack) {
            Map<String, Set<String>> dims = new LinkedHashMap<>();
            for (Parameter parameter : kind.forward().parameters()) {
                int dot = parameter.name().indexOf('.');
                // What stands before a layer's sub-layers (a norm that its source ends in) belongs to none.
                if (dot >= 0) {
                    dims.computeIfAbsent(parameter.name().substring(0, dot), p -> new HashSet<>())
                            .addAll(parameter.value().type().names());
                }
            }
            List<SubLayer> subLayers = stack.subLayers();
            List<String> prefixes = List.copyOf(dims.keySet());
            var parts = new ArrayList<Part>();
            // Sub-layers own parameters in their order; where one owns none, nothing tells which.
            for (int i = 0; i < prefixes.size() && prefixes.size() == subLayers.size(); i++) {
                String prefix = prefixes.get(i);
                parts.add(new Part(
                        prefix, dims.get(prefix), subLayers.get(i).settings().origin()));
            }
            return new Layer(kind.name(), List.copyOf(parts));
        }

        Optional<Origin> origin(KernelUse use) {
            return parts.stream()
                    .filter(part -> use.tensors().stream().anyMatch(part::names))
                    .findFirst()
                    .or(() -> only(dims(use.work())))
                    .map(Part::origin);
        }

        /** The one sub-layer that has some of these dims to itself. */
        private Optional<Part> only(Set<String> dims) {
            List<Part> owners = parts.stream()
                    .filter(part -> part.dims().stream().anyMatch(dim -> dims.contains(dim) && holders(dim) == 1))
                    .toList();
            return owners.size() == 1 ? Optional.of(owners.getFirst()) : Optional.empty();
        }

        private long holders(String dim) {
            return parts.stream().filter(part -> part.dims().contains(dim)).count();
        }

        private static Set<String> dims(KernelWork work) {
            var names = new HashSet<String>();
            Stream.concat(work.operands().stream(), work.results().stream())
                    .flatMap(type -> type.dims().stream())
                    .map(Dim::name)
                    .forEach(names::add);
            return names;
        }
    }
}
