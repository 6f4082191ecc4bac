package dev.dovetail.backends.cuda.device;

import dev.dovetail.backends.cuda.KernelWork;
import dev.dovetail.ir.reference.ReferenceEnvironment;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Compares a kernel with the same work generated in double precision, on the same device and the same operands.
 *
 * <p>It takes another path where there is one (no tensor cores, other tiles), and is itself compared with plain evaluation at
 * small sizes. Only cases whose extents are constants have a twin.
 */
public record DoubleTwin(KernelDevice device) {

    /** The work with every floating-point tensor in double precision. */
    public static KernelWork of(KernelWork work) {
        return switch (work) {
            case KernelWork.OperatorWork o ->
                new KernelWork.OperatorWork(o.op(), widened(o.operands()), widened(o.results()));
            case KernelWork.UpdateWork u ->
                new KernelWork.UpdateWork(
                        u.label() + "_double",
                        u.expressions(),
                        widened(u.operands()),
                        widened(u.results()),
                        u.overwrites());
        };
    }

    private static List<TensorType> widened(List<TensorType> types) {
        return types.stream()
                .map(type -> type.element().isFloating() ? type.withElement(ElementType.F64) : type)
                .toList();
    }

    /** Runs both on random operands and compares every element of every result. */
    public CudaKernelCheck.Row check(KernelDevice.Loaded loaded, KernelDevice.Loaded twin, KernelCase at, long seed) {
        KernelWork work = at.work();
        KernelWork exact = twin.kernel().work();
        CaseMemory places = CaseMemory.of(work);
        CaseMemory exactPlaces = CaseMemory.of(exact);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment content = arena.allocate(places.bytes(), 64);
            MemorySegment exactContent = arena.allocate(exactPlaces.bytes(), 64);
            var inputs = new SampleInputs(work, new ReferenceEnvironment(at.symbols()), seed);
            for (int i = 0; i < work.operands().size(); i++) {
                TensorType type = work.operands().get(i);
                inputs.fill(i, places.operand(content, work, i));
                TensorBytes.convert(
                        places.operand(content, work, i),
                        type.element(),
                        exactPlaces.operand(exactContent, exact, i),
                        exact.operands().get(i).element());
            }
            places.run(device, loaded, content, content, at.symbols());
            exactPlaces.run(device, twin, exactContent, exactContent, at.symbols());
            return compare(loaded, work, places, content, exact, exactPlaces, exactContent);
        }
    }

    private static CudaKernelCheck.Row compare(
            KernelDevice.Loaded loaded,
            KernelWork work,
            CaseMemory places,
            MemorySegment content,
            KernelWork exact,
            CaseMemory exactPlaces,
            MemorySegment exactContent) {
        double worst = 0;
        double allowed = 0;
        for (int i = 0; i < work.results().size(); i++) {
            TensorType type = work.results().get(i);
            double tolerance = KernelTolerance.of(work, type);
            MemorySegment got = places.result(content, work, i);
            MemorySegment wanted = exactPlaces.result(exactContent, exact, i);
            ElementType exactElement = exact.results().get(i).element();
            double error = LargestError.of(
                    work,
                    type,
                    at -> TensorBytes.get(got, at * type.element().bytes(), type.element()),
                    at -> TensorBytes.get(wanted, at * exactElement.bytes(), exactElement));
            if (i == 0 || error / tolerance > worst / allowed || Double.isNaN(error)) {
                worst = error;
                allowed = tolerance;
            }
        }
        return new CudaKernelCheck.Row(loaded.kernel().name(), worst, allowed, "", CudaKernelCheck.Reference.TWIN);
    }
}
