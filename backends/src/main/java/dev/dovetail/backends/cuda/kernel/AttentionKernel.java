package dev.dovetail.backends.cuda.kernel;

import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.CudaWriter;
import dev.dovetail.backends.cuda.KernelFile;
import dev.dovetail.backends.cuda.KernelRequest;
import dev.dovetail.ir.op.AttentionPattern;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/**
 * Attention without a stored score matrix, forward and backward (FlashAttention-2: Dao 2023, arXiv:2307.08691).
 *
 * <p>Tiles of keys that no query of a block sees are skipped. The gradient takes one pass over keys for dq and one over
 * queries for dk and dv, so that nothing is added from two blocks and equal inputs give equal bits.
 */
public final class AttentionKernel {
    /** Shared memory a block may declare without asking the driver for more, in bytes. */
    private static final long SHARED_BYTES = 48 * 1024;

    /** Room left for the small arrays beside the tiles. */
    private static final long SHARED_MARGIN = 4 * 1024;

    private static final int LARGEST_TENSOR_CORE_HEAD = 256;

    private final KernelFile file;
    private final AttentionShape shape;

    private AttentionKernel(KernelFile file, AttentionShape shape) {
        this.file = file;
        this.shape = shape;
    }

    public static CudaKernel forward(KernelRequest request, AttentionPattern pattern) {
        var operands = request.work().operands();
        boolean sinks = operands.size() > 3;
        var names = sinks ? List.of("q", "k", "v", "sinks") : List.of("q", "k", "v");
        var file = new KernelFile(request, names, List.of("o", "log_sum"));
        var shape = new AttentionShape(pattern, operands.get(0), operands.get(1), operands.get(2), sinks);
        var kernel = new AttentionKernel(file, shape);
        return kernel.usesTensorCores(operands.subList(0, 3)) ? kernel.tensorCoreForward() : kernel.fmaForward();
    }

    public static CudaKernel backward(KernelRequest request, AttentionPattern pattern) {
        var operands = request.work().operands();
        var file = new KernelFile(request, List.of("dout", "q", "k", "v", "o", "log_sum"), List.of("dq", "dk", "dv"));
        var shape = new AttentionShape(pattern, operands.get(1), operands.get(2), operands.get(3), false);
        var kernel = new AttentionKernel(file, shape);
        return kernel.usesTensorCores(operands.subList(0, 4)) ? kernel.tensorCoreBackward() : kernel.fmaBackward();
    }

    private boolean usesTensorCores(List<TensorType> read) {
        return file.real() == ElementType.F32
                && shape.paddedHeadDim() <= LARGEST_TENSOR_CORE_HEAD
                && shape.valueDim() == shape.headDim()
                && read.stream().allMatch(type -> type.element() == ElementType.BF16);
    }

    private String body(String text) {
        var body = new CudaWriter();
        shape.begin(body);
        return body.lines(text).toString();
    }

    private String forwardBody(String text) {
        var body = new CudaWriter();
        shape.begin(body);
        shape.beginSinks(body);
        return body.lines(text).toString();
    }

    private CudaKernel fmaForward() {
        int tile = declareFma(2);
        return file.entry(shape.perQuery(tile, tile * tile), forwardBody(FmaAttentionText.FORWARD))
                .build();
    }

    private CudaKernel fmaBackward() {
        int tile = declareFma(4);
        return file.entry("queries", shape.perQuery(tile, tile * tile), body(FmaAttentionText.QUERY_GRADIENT))
                .entry("keys", shape.perKey(tile, tile * tile), body(FmaAttentionText.KEY_GRADIENT))
                .build();
    }

    /** Declares for a square tile of which {@code tiles} fit into shared memory, and returns its side. */
    private int declareFma(int tiles) {
        long row =
                (Math.max(shape.headDim(), shape.valueDim()) + 1L) * file.real().bytes();
        int tile = List.of(16, 8).stream()
                .filter(side -> tiles * side * row <= SHARED_BYTES - 2 * SHARED_MARGIN)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("attention heads of " + shape.headDim() + " "
                        + file.real() + " do not fit into shared memory"));
        shape.declare(file);
        file.declarations().constant("TILE", tile).lines(FmaAttentionText.FUNCTIONS);
        file.choose("fused multiply-add").choose("tiles of " + tile + " queries x " + tile + " keys");
        return tile;
    }

    private CudaKernel tensorCoreForward() {
        int warps = 4;
        int tile = shape.paddedHeadDim() <= 128 ? 64 : 32;
        declareTensorCore(warps, tile);
        file.choose("tiles of " + 16 * warps + " queries x " + tile + " keys");
        return file.entry(shape.perQuery(16 * warps, 32 * warps), forwardBody(TensorCoreAttentionText.FORWARD))
                .build();
    }

    private CudaKernel tensorCoreBackward() {
        int warps = keyWarps();
        int tile = 32;
        declareTensorCore(warps, tile);
        file.choose("dq: tiles of " + 16 * warps + " queries x " + tile + " keys")
                .choose("dk, dv: tiles of " + 16 * warps + " keys x 16 queries");
        return file.entry(
                        "queries", shape.perQuery(16 * warps, 32 * warps), body(TensorCoreAttentionText.QUERY_GRADIENT))
                .entry("keys", shape.perKey(16 * warps, 32 * warps), body(TensorCoreAttentionText.KEY_GRADIENT))
                .build();
    }

    /** As many warps as their tiles of keys and values fit beside 16 queries and their gradients. */
    private int keyWarps() {
        long row = (shape.paddedHeadDim() + 8L) * ElementType.BF16.bytes();
        return List.of(4, 2, 1).stream()
                .filter(warps -> 2 * (16 * warps + 16) * row <= SHARED_BYTES - SHARED_MARGIN)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "attention heads of " + shape.headDim() + " do not fit into shared memory"));
    }

    private void declareTensorCore(int warps, int tile) {
        shape.declare(file);
        file.declarations()
                .constant("PADDED", shape.paddedHeadDim())
                .constant("WARPS", warps)
                .constant("TILE", tile)
                .lines(TensorCoreAttentionText.FUNCTIONS);
        file.choose("tensor cores, bf16 in, float sums");
    }
}
