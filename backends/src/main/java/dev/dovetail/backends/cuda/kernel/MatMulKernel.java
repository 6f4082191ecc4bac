package dev.dovetail.backends.cuda.kernel;

import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.CudaWriter;
import dev.dovetail.backends.cuda.KernelFile;
import dev.dovetail.backends.cuda.KernelRequest;
import dev.dovetail.backends.cuda.LaunchShape;
import dev.dovetail.backends.cuda.LaunchShape.GridAxis;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.List;

/**
 * Matrix multiply through tiles in shared memory.
 *
 * <p>Two bf16 operands go through tensor cores with single-precision sums; anything else through fused multiply-adds in the
 * widest type present.
 */
public final class MatMulKernel {

    /** Elements of the product a block computes, terms it loads at once, and how its warps share them. */
    private record Tile(int m, int n, int k, int warpM, int warpN) {
        int threads() {
            return 32 * (m / warpM) * (n / warpN);
        }

        void declare(CudaWriter writer) {
            writer.constant("TILE_M", m).constant("TILE_N", n).constant("TILE_K", k);
            writer.constant("THREADS", threads());
        }

        @Override
        public String toString() {
            return "tile " + m + " x " + n + " x " + k + ", " + threads() / 32 + " warps";
        }
    }

    /** Of an A100, the device with the fewest that kernels are generated for (NVIDIA A100 whitepaper, table 1). */
    private static final int MULTIPROCESSORS = 108;

    private static final Tile TENSOR_CORE_LARGE = new Tile(128, 128, 32, 64, 32);
    private static final Tile TENSOR_CORE_SMALL = new Tile(64, 64, 32, 32, 32);
    private static final Tile MULTIPLY_ADD = new Tile(64, 64, 16, 32, 16);

    private static final String TENSOR_CORE_BODY = """
            // Both tiles keep terms innermost: a register of a fragment is two neighbouring terms. Eight elements of
            // padding put the rows a warp reads together into different banks.
            alignas(16) __shared__ bf16 left_tile[TILE_M][TILE_K + 8];
            alignas(16) __shared__ bf16 right_tile[TILE_N][TILE_K + 8];
            const int b = static_cast<int>(blockIdx.z);
            const int m_start = static_cast<int>(blockIdx.x) * TILE_M;
            const int n_start = static_cast<int>(blockIdx.y) * TILE_N;
            const int thread = static_cast<int>(threadIdx.x);
            const int lane = thread % 32;
            const int m_warp = thread / 32 / (TILE_N / WARP_N) * WARP_M;
            const int n_warp = thread / 32 % (TILE_N / WARP_N) * WARP_N;
            const bf16 zero = {0};
            float sum[WARP_M / 16][WARP_N / 8][4] = {};

            for (int k_start = 0; k_start < k_extent; k_start += TILE_K) {
                for (int i = thread; i < TILE_M * TILE_K; i += THREADS) {
                    const int m = LEFT_TERMS_ADJOIN ? i / TILE_K : i % TILE_M;
                    const int k = LEFT_TERMS_ADJOIN ? i % TILE_K : i / TILE_M;
                    const bool inside = m_start + m < m_extent && k_start + k < k_extent;
                    left_tile[m][k] = inside ? left[left_offset(b, m_start + m, k_start + k)] : zero;
                }
                for (int i = thread; i < TILE_N * TILE_K; i += THREADS) {
                    const int n = RIGHT_TERMS_ADJOIN ? i / TILE_K : i % TILE_N;
                    const int k = RIGHT_TERMS_ADJOIN ? i % TILE_K : i / TILE_N;
                    const bool inside = n_start + n < n_extent && k_start + k < k_extent;
                    right_tile[n][k] = inside ? right[right_offset(b, n_start + n, k_start + k)] : zero;
                }
                __syncthreads();
            #pragma unroll
                for (int k = 0; k < TILE_K; k += 16) {
                    unsigned rows[WARP_M / 16][4];
            #pragma unroll
                    for (int i = 0; i < WARP_M / 16; i++) {
                        load_rows(rows[i], &left_tile[m_warp + 16 * i][k], TILE_K + 8);
                    }
            #pragma unroll
                    for (int j = 0; j < WARP_N / 8; j++) {
                        unsigned columns[2];
                        load_columns(columns, &right_tile[n_warp + 8 * j][k], TILE_K + 8);
            #pragma unroll
                        for (int i = 0; i < WARP_M / 16; i++) {
                            mma_m16n8k16_bf16(sum[i][j], rows[i], columns);
                        }
                    }
                }
                __syncthreads();
            }
            """;

    /** As above where eight neighbours in memory are eight rows, columns or terms: they are copied at once and ahead. */
    private static final String TENSOR_CORE_VECTOR_BODY = """
            // A tile lies as its tensor does, terms or rows innermost; fragments are transposed where they are read. Eight
            // elements of padding put the lines that are read together into different banks.
            alignas(16) __shared__ bf16 left_tile[2][LEFT_LINES][LEFT_LENGTH + 8];
            alignas(16) __shared__ bf16 right_tile[2][RIGHT_LINES][RIGHT_LENGTH + 8];
            const int b = static_cast<int>(blockIdx.z);
            const int m_start = static_cast<int>(blockIdx.x) * TILE_M;
            const int n_start = static_cast<int>(blockIdx.y) * TILE_N;
            const int thread = static_cast<int>(threadIdx.x);
            const int lane = thread % 32;
            const int m_warp = thread / 32 / (TILE_N / WARP_N) * WARP_M;
            const int n_warp = thread / 32 % (TILE_N / WARP_N) * WARP_N;
            const bool left_aligned = left_at % 16 == 0;
            const bool right_aligned = right_at % 16 == 0;
            float sum[WARP_M / 16][WARP_N / 8][4] = {};

            const auto load_stage = [&](int stage, int k_start) {
            #pragma unroll
                for (int i = thread; i < LEFT_LINES * LEFT_LENGTH / 8; i += THREADS) {
                    const int line = i / (LEFT_LENGTH / 8);
                    const int along = i % (LEFT_LENGTH / 8) * 8;
                    const int m = m_start + (LEFT_TERMS_ADJOIN ? line : along);
                    const int k = k_start + (LEFT_TERMS_ADJOIN ? along : line);
                    const bool inside = m < m_extent && k < k_extent;
                    const bf16* from = inside ? left + left_offset(b, m, k) : left;
                    copy_line(&left_tile[stage][line][along], from, inside, left_aligned);
                }
            #pragma unroll
                for (int i = thread; i < RIGHT_LINES * RIGHT_LENGTH / 8; i += THREADS) {
                    const int line = i / (RIGHT_LENGTH / 8);
                    const int along = i % (RIGHT_LENGTH / 8) * 8;
                    const int n = n_start + (RIGHT_TERMS_ADJOIN ? line : along);
                    const int k = k_start + (RIGHT_TERMS_ADJOIN ? along : line);
                    const bool inside = n < n_extent && k < k_extent;
                    const bf16* from = inside ? right + right_offset(b, n, k) : right;
                    copy_line(&right_tile[stage][line][along], from, inside, right_aligned);
                }
                end_copy_group();
            };

            load_stage(0, 0);
            for (int k_start = 0, stage = 0; k_start < k_extent; k_start += TILE_K, stage = 1 - stage) {
                if (k_start + TILE_K < k_extent) {
                    load_stage(1 - stage, k_start + TILE_K);
                    wait_for_copies<1>();
                } else {
                    wait_for_copies<0>();
                }
                __syncthreads();
            #pragma unroll
                for (int k = 0; k < TILE_K; k += 16) {
                    unsigned rows[WARP_M / 16][4];
            #pragma unroll
                    for (int i = 0; i < WARP_M / 16; i++) {
                        const int m = m_warp + 16 * i;
                        if (LEFT_TERMS_ADJOIN) {
                            load_matrices(rows[i], &left_tile[stage][m + lane % 16][k + lane / 16 * 8]);
                        } else {
                            load_matrices_transposed(
                                rows[i], &left_tile[stage][k + lane % 8 + lane / 16 * 8][m + lane / 8 % 2 * 8]);
                        }
                    }
            #pragma unroll
                    for (int j = 0; j < WARP_N / 8; j += 2) {
                        const int n = n_warp + 8 * j;
                        unsigned both[4];
                        if (RIGHT_TERMS_ADJOIN) {
                            load_matrices(both, &right_tile[stage][n + lane % 8 + lane / 16 * 8][k + lane / 8 % 2 * 8]);
                        } else {
                            load_matrices_transposed(both, &right_tile[stage][k + lane % 16][n + lane / 16 * 8]);
                        }
                        const unsigned columns[2][2] = {{both[0], both[1]}, {both[2], both[3]}};
            #pragma unroll
                        for (int i = 0; i < WARP_M / 16; i++) {
                            mma_m16n8k16_bf16(sum[i][j], rows[i], columns[0]);
                            mma_m16n8k16_bf16(sum[i][j + 1], rows[i], columns[1]);
                        }
                    }
                }
                __syncthreads();
            }
            """;

    private static final String COPY_LINE = """
            // Eight elements, at once where the tensor begins at a multiple of 16 bytes.
            __device__ inline void copy_line(bf16* shared, const bf16* global, bool inside, bool aligned) {
                if (aligned) {
                    copy_eight(shared, global, inside);
                    return;
                }
                for (int i = 0; i < 8; i++) {
                    shared[i] = inside ? global[i] : bf16{0};
                }
            }
            """;

    private static final String TENSOR_CORE_STORE = """

            #pragma unroll
            for (int i = 0; i < WARP_M / 16; i++) {
            #pragma unroll
                for (int j = 0; j < WARP_N / 8; j++) {
            #pragma unroll
                    for (int e = 0; e < 4; e++) {
                        const int m = m_start + m_warp + 16 * i + lane / 4 + e / 2 * 8;
                        const int n = n_start + n_warp + 8 * j + lane % 4 * 2 + e % 2;
                        if (m < m_extent && n < n_extent) {
                            store(&product[product_offset(b, m, n)], sum[i][j][e]);
                        }
                    }
                }
            }
            """;

    private static final String MULTIPLY_ADD_BODY = """
            __shared__ real left_tile[TILE_K][TILE_M + 1];
            __shared__ real right_tile[TILE_K][TILE_N + 1];
            const int b = static_cast<int>(blockIdx.z);
            const int m_start = static_cast<int>(blockIdx.x) * TILE_M;
            const int n_start = static_cast<int>(blockIdx.y) * TILE_N;
            const int thread = static_cast<int>(threadIdx.x);
            // Each thread owns every 16th row and column of the tile, so that neighbours store neighbours.
            const int m_thread = thread / 16;
            const int n_thread = thread % 16;
            real sum[TILE_M / 16][TILE_N / 16] = {};

            for (int k_start = 0; k_start < k_extent; k_start += TILE_K) {
                for (int i = thread; i < TILE_M * TILE_K; i += THREADS) {
                    const int m = LEFT_TERMS_ADJOIN ? i / TILE_K : i % TILE_M;
                    const int k = LEFT_TERMS_ADJOIN ? i % TILE_K : i / TILE_M;
                    const bool inside = m_start + m < m_extent && k_start + k < k_extent;
                    left_tile[k][m] = inside ? load(&left[left_offset(b, m_start + m, k_start + k)]) : real(0);
                }
                for (int i = thread; i < TILE_N * TILE_K; i += THREADS) {
                    const int n = RIGHT_TERMS_ADJOIN ? i / TILE_K : i % TILE_N;
                    const int k = RIGHT_TERMS_ADJOIN ? i % TILE_K : i / TILE_N;
                    const bool inside = n_start + n < n_extent && k_start + k < k_extent;
                    right_tile[k][n] = inside ? load(&right[right_offset(b, n_start + n, k_start + k)]) : real(0);
                }
                __syncthreads();
            #pragma unroll
                for (int k = 0; k < TILE_K; k++) {
            #pragma unroll
                    for (int i = 0; i < TILE_M / 16; i++) {
            #pragma unroll
                        for (int j = 0; j < TILE_N / 16; j++) {
                            sum[i][j] += left_tile[k][m_thread + 16 * i] * right_tile[k][n_thread + 16 * j];
                        }
                    }
                }
                __syncthreads();
            }

            #pragma unroll
            for (int i = 0; i < TILE_M / 16; i++) {
            #pragma unroll
                for (int j = 0; j < TILE_N / 16; j++) {
                    const int m = m_start + m_thread + 16 * i;
                    const int n = n_start + n_thread + 16 * j;
                    if (m < m_extent && n < n_extent) {
                        store(&product[product_offset(b, m, n)], sum[i][j]);
                    }
                }
            }
            """;

    private MatMulKernel() {}

    public static CudaKernel of(KernelRequest request, MatMul op) {
        var work = request.work();
        TensorType left = work.operands().get(0);
        TensorType right = work.operands().get(1);
        MatMulShape shape = MatMulShape.of(op, left, right, work.results().getFirst());
        boolean tensorCores = left.element() == ElementType.BF16 && right.element() == ElementType.BF16;
        boolean vectors = tensorCores
                && shape.neighboursInEights(left, shape.rows())
                && shape.neighboursInEights(right, shape.columns());
        Tile tile = tensorCores ? tensorCoreTile(shape) : MULTIPLY_ADD;
        var file = new KernelFile(request, List.of("left", "right"), List.of("product"));
        declare(file, tile, shape, tensorCores);
        if (vectors) {
            declareLines(file, tile, shape);
        }
        var body = new CudaWriter();
        shape.declare(body);
        body.blank().lines(vectors ? TENSOR_CORE_VECTOR_BODY : tensorCores ? TENSOR_CORE_BODY : MULTIPLY_ADD_BODY);
        if (tensorCores) {
            body.lines(TENSOR_CORE_STORE);
        }
        var launch = new LaunchShape(
                new GridAxis(shape.rows(), tile.m()),
                new GridAxis(shape.columns(), tile.n()),
                new GridAxis(shape.batch(), 1),
                tile.threads());
        return file.entry(launch, body.toString()).build();
    }

    /** The large tile where it gives every multiprocessor a block; the small one keeps more of them busy. */
    private static Tile tensorCoreTile(MatMulShape shape) {
        long blocks = Math.ceilDiv(MatMulShape.count(shape.rows()), TENSOR_CORE_LARGE.m())
                * Math.ceilDiv(MatMulShape.count(shape.columns()), TENSOR_CORE_LARGE.n())
                * MatMulShape.count(shape.batch());
        return blocks >= MULTIPROCESSORS ? TENSOR_CORE_LARGE : TENSOR_CORE_SMALL;
    }

    /** How the tiles of the vector body lie: lines of terms, or of rows and columns. */
    private static void declareLines(KernelFile file, Tile tile, MatMulShape shape) {
        boolean left = shape.termsAdjoin(shape.left());
        boolean right = shape.termsAdjoin(shape.right());
        file.declarations()
                .constant("LEFT_LINES", left ? tile.m() : tile.k())
                .constant("LEFT_LENGTH", left ? tile.k() : tile.m())
                .constant("RIGHT_LINES", right ? tile.n() : tile.k())
                .constant("RIGHT_LENGTH", right ? tile.k() : tile.n())
                .blank()
                .lines(COPY_LINE);
        file.choose("copies of 16 bytes, two stages");
    }

    private static void declare(KernelFile file, Tile tile, MatMulShape shape, boolean tensorCores) {
        var writer = file.declarations();
        tile.declare(writer);
        if (tensorCores) {
            writer.constant("WARP_M", tile.warpM()).constant("WARP_N", tile.warpN());
        }
        writer.line("constexpr bool LEFT_TERMS_ADJOIN = " + shape.termsAdjoin(shape.left()) + ";");
        writer.line("constexpr bool RIGHT_TERMS_ADJOIN = " + shape.termsAdjoin(shape.right()) + ";");
        file.choose(tensorCores ? "tensor cores, bf16 in, float sums" : "fused multiply-add")
                .choose(tile.toString());
    }
}
