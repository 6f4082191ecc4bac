package dev.dovetail.backends.cuda;

import dev.dovetail.backends.cuda.kernel.AttentionKernel;
import dev.dovetail.backends.cuda.kernel.CacheWriteKernel;
import dev.dovetail.backends.cuda.kernel.ElementwiseKernel;
import dev.dovetail.backends.cuda.kernel.GatherKernel;
import dev.dovetail.backends.cuda.kernel.JoinKernel;
import dev.dovetail.backends.cuda.kernel.MatMulKernel;
import dev.dovetail.backends.cuda.kernel.NormalizeGradKernel;
import dev.dovetail.backends.cuda.kernel.NormalizeKernel;
import dev.dovetail.backends.cuda.kernel.QueueKernel;
import dev.dovetail.backends.cuda.kernel.ReductionKernel;
import dev.dovetail.backends.cuda.kernel.RotateKernel;
import dev.dovetail.backends.cuda.kernel.RouteKernel;
import dev.dovetail.backends.cuda.kernel.ScanKernel;
import dev.dovetail.backends.cuda.kernel.ScatterAddKernel;
import dev.dovetail.backends.cuda.kernel.ShiftKernel;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.AttendGrad;
import dev.dovetail.ir.op.CacheWrite;
import dev.dovetail.ir.op.Combine;
import dev.dovetail.ir.op.Communication;
import dev.dovetail.ir.op.Dispatch;
import dev.dovetail.ir.op.GateGrad;
import dev.dovetail.ir.op.Gather;
import dev.dovetail.ir.op.Join;
import dev.dovetail.ir.op.MapOp;
import dev.dovetail.ir.op.MapReduce;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.op.Normalize;
import dev.dovetail.ir.op.NormalizeGrad;
import dev.dovetail.ir.op.Op;
import dev.dovetail.ir.op.Part;
import dev.dovetail.ir.op.Regroup;
import dev.dovetail.ir.op.Rotate;
import dev.dovetail.ir.op.Route;
import dev.dovetail.ir.op.Scan;
import dev.dovetail.ir.op.ScatterAdd;
import dev.dovetail.ir.op.Shift;

/** Picks the skeleton for each kind of work. */
public final class CudaGenerator {
    private CudaGenerator() {}

    /** The kernel asked for, as text and launch shapes; equal requests give equal text. */
    public static CudaKernel generate(KernelRequest request) {
        return switch (request.work()) {
            case KernelWork.UpdateWork update -> ElementwiseKernel.of(request);
            case KernelWork.OperatorWork operator -> operator(request, operator.op());
        };
    }

    private static CudaKernel operator(KernelRequest request, Op op) {
        return switch (op) {
            case MatMul multiply -> MatMulKernel.of(request, multiply);
            case MapOp map -> ElementwiseKernel.of(request);
            case MapReduce reduce -> ReductionKernel.of(request, reduce);
            case Normalize norm -> NormalizeKernel.of(request, norm);
            case NormalizeGrad norm -> NormalizeGradKernel.of(request, norm);
            case Attend attend -> AttentionKernel.forward(request, attend.pattern());
            case AttendGrad attend -> AttentionKernel.backward(request, attend.pattern());
            case Rotate rotate -> RotateKernel.of(request, rotate);
            case Gather gather -> GatherKernel.of(request, gather);
            case ScatterAdd scatter -> ScatterAddKernel.of(request, scatter);
            case CacheWrite write -> CacheWriteKernel.of(request, write);
            case Route route -> RouteKernel.of(request, route);
            case Dispatch dispatch -> QueueKernel.of(request, dispatch);
            case Combine combine -> QueueKernel.of(request, combine);
            case GateGrad gates -> QueueKernel.of(request, gates);
            case Join join -> JoinKernel.join(request);
            case Part part -> JoinKernel.part(request, part);
            case Shift shift -> ShiftKernel.shift(request, shift);
            case Regroup regroup -> ShiftKernel.regroup(request);
            case Scan scan -> ScanKernel.of(request, scan);
            case Communication communication ->
                throw new IllegalArgumentException(communication.label() + " is not a kernel: ranks do it together");
        };
    }
}
