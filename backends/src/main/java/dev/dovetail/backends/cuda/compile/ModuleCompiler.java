package dev.dovetail.backends.cuda.compile;

import dev.dovetail.backends.cuda.CudaKernel;
import java.util.List;

/** Turns kernels into a module that the driver, real or emulated, can load. */
public interface ModuleCompiler {

    /** Compiles {@code kernels} together; throws {@link IllegalStateException} with the compiler's words where it fails. */
    CompiledModule compile(List<CudaKernel> kernels);
}
