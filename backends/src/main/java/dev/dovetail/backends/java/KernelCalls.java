package dev.dovetail.backends.java;

import com.palantir.javapoet.CodeBlock;
import dev.dovetail.ir.program.Instruction;

/** How a body's computations are written: as calls of kernels, wherever those run. */
interface KernelCalls {
    /** Declares what calls of kernels name, such as the memory they work on. */
    CodeBlock opening();

    /** Whether a launch symbol's value comes from what the step is given. */
    boolean needsInputs(Instruction.Compute compute);

    void print(BodyMethod body, Instruction.Compute compute);

    void print(BodyMethod body, Instruction.Update update);
}
