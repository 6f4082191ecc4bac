package dev.dovetail.backends.cuda;

import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.program.Body;
import dev.dovetail.ir.program.Buffer;
import dev.dovetail.ir.program.Instruction;
import dev.dovetail.ir.program.Program;
import dev.dovetail.ir.program.RankClass;
import dev.dovetail.ir.scalar.AdamW;
import dev.dovetail.ir.tensor.TensorType;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The kernels a program needs, each once: instructions that do the same work on the same types share one.
 *
 * @param byWork kernels in the order in which the program first asks for them
 */
public record ProgramKernels(Map<KernelWork, CudaKernel> byWork) {

    public ProgramKernels {
        byWork = Collections.unmodifiableMap(new LinkedHashMap<>(byWork));
    }

    /** Where in the spec a kernel comes from. */
    public interface Origins {
        KernelProvenance of(KernelUse use);
    }

    /**
     * Generates every kernel of {@code program}.
     *
     * @param rule how parameters are updated
     */
    public static ProgramKernels of(Program program, AdamW rule, Origins origins) {
        return of(List.of(program), rule, origins);
    }

    /** Generates every kernel of several programs that share them. */
    public static ProgramKernels of(List<Program> programs, AdamW rule, Origins origins) {
        var names = new CudaNames();
        var kernels = new LinkedHashMap<KernelWork, CudaKernel>();
        for (KernelUse use : uses(programs, rule)) {
            String name = names.allocate(use.work());
            kernels.put(use.work(), CudaGenerator.generate(new KernelRequest(name, use.work(), origins.of(use))));
        }
        return new ProgramKernels(kernels);
    }

    private static List<KernelUse> uses(List<Program> programs, AdamW rule) {
        var tensors = new LinkedHashMap<KernelWork, List<String>>();
        var bodies = new HashMap<KernelWork, Set<String>>();
        for (RankClass stage :
                programs.stream().flatMap(program -> program.classes().stream()).toList()) {
            for (Body body : stage.bodies()) {
                for (Instruction instruction : body.instructions()) {
                    work(instruction, rule).ifPresent(work -> {
                        tensors.putIfAbsent(work, tensors(instruction));
                        bodies.computeIfAbsent(work, w -> new LinkedHashSet<>()).add(body.name());
                    });
                }
            }
        }
        return tensors.entrySet().stream()
                .map(use -> new KernelUse(use.getKey(), use.getValue(), List.copyOf(bodies.get(use.getKey()))))
                .toList();
    }

    private static List<String> tensors(Instruction instruction) {
        return instruction instanceof Instruction.Compute compute
                ? Stream.concat(compute.operands().stream(), compute.results().stream())
                        .map(Buffer::name)
                        .toList()
                : List.of();
    }

    /** The work of an instruction; empty where it moves or accounts for memory and computes nothing. */
    public static Optional<KernelWork> work(Instruction instruction, AdamW rule) {
        return switch (instruction) {
            case Instruction.Compute c -> Optional.of(compute(c.op(), types(c.operands()), types(c.results())));
            case Instruction.Update u -> Optional.of(KernelWork.UpdateWork.adamW(rule, u.precision(), u.elements()));
            case Instruction.Exchange e -> Optional.empty();
            case Instruction.Begin b -> Optional.empty();
            case Instruction.Await a -> Optional.empty();
            case Instruction.FlatExchange e -> Optional.empty();
            case Instruction.TiedReduce t -> Optional.empty();
            case Instruction.Send s -> Optional.empty();
            case Instruction.Receive r -> Optional.empty();
            case Instruction.Load l -> Optional.empty();
            case Instruction.RecordLoss l -> Optional.empty();
            case Instruction.Allocate a -> Optional.empty();
            case Instruction.Free f -> Optional.empty();
            case Instruction.Zero z -> Optional.empty();
            case Instruction.Move m -> Optional.empty();
            case Instruction.Deliver d -> Optional.empty();
        };
    }

    private static KernelWork compute(Op op, List<TensorType> operands, List<TensorType> results) {
        return new KernelWork.OperatorWork(op, operands, results);
    }

    private static List<TensorType> types(List<Buffer> buffers) {
        return buffers.stream().map(Buffer::type).toList();
    }

    public List<CudaKernel> kernels() {
        return List.copyOf(byWork.values());
    }

    /** One line per kernel, for a listing. */
    @Override
    public String toString() {
        return kernels().stream().map(CudaKernel::name).collect(Collectors.joining("\n"));
    }
}
