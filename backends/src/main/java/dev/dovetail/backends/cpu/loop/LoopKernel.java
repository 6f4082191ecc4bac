package dev.dovetail.backends.cpu.loop;

import dev.dovetail.ir.tensor.ElementType;
import java.util.List;

/**
 * A whole kernel: the function that is launched, those it calls, and what a reader should know.
 *
 * @param element type of every floating-point value
 * @param lanes numbers that a vector holds; 1 prints plain scalar code
 * @param notes lines for the file's header: the operator, its shapes, the choices made and why
 * @param tables constants the functions read
 * @param launch its parameters are the launch arguments
 */
public record LoopKernel(
        ElementType element,
        int lanes,
        List<String> notes,
        List<Buffer.Table> tables,
        Function launch,
        List<Function> functions) {
    public LoopKernel {
        if (element != ElementType.F32 && element != ElementType.F64) {
            throw new IllegalArgumentException("CPU kernels compute in f32 or f64, not " + element);
        }
        notes = List.copyOf(notes);
        tables = List.copyOf(tables);
        functions = List.copyOf(functions);
    }
}
