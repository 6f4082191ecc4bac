package dev.dovetail.backends.cuda;

import dev.dovetail.backends.cuda.kernel.*;
import dev.dovetail.ir.op.*;

public final class CudaGenerator {
    private CudaGenerator() {}

    public static CudaKernel generate(KernelRequest request) {
        return switch (request.work()) {
            case KernelWork.UpdateWork u -> ElementwiseKernel.of(request);
            case KernelWork.OperatorWork o -> operator(request, o.op());
        };
    }

    private static CudaKernel operator(KernelRequest request, Op op) {
        return switch (op) {
            case MatMul m -> MatMulKernel.of(request, m);
            case MapOp m -> ElementwiseKernel.of(request);
            case MapReduce r -> ReductionKernel.of(request, r);
            case Gather g -> GatherKernel.of(request, g);
            case ScatterAdd s -> ScatterAddKernel.of(request, s);
            case Rotate r -> RotateKernel.of(request, r);
            case CacheWrite c -> CacheWriteKernel.of(request, c);
            case Normalize n -> NormalizeKernel.of(request, n);
            case NormalizeGrad n -> NormalizeGradKernel.of(request, n);
            default -> throw new IllegalStateException(op.label());
        };
    }
}
