package dev.dovetail.backends.cuda.kernel;

/** Texts of attention on tensor cores: a warp owns 16 rows of scores, which stay in registers. */
final class TensorCoreAttentionText {

    static final String FUNCTIONS = """

            // Rows [start, start + ROWS) of a tensor; zero beyond `end` and beyond HEAD_DIM.
            template <int ROWS, typename Row>
            __device__ inline void load_tile(bf16 (&tile)[ROWS][PADDED + 8], const bf16* from, int start, int end, Row row_of) {
                const bf16 zero = {0};
                for (int i = static_cast<int>(threadIdx.x); i < ROWS * PADDED; i += 32 * WARPS) {
                    const int row = i / PADDED;
                    const int d = i % PADDED;
                    const bool inside = start + row < end && d < HEAD_DIM;
                    tile[row][d] = inside ? from[row_of(start + row) * HEAD_DIM + d] : zero;
                }
            }

            // Elements d and d + 1 of a row; zero where there is none.
            __device__ inline unsigned pair_of(const bf16* row, bool inside, int d) {
                const bf16 zero = {0};
                return pack(inside && d < HEAD_DIM ? row[d] : zero, inside && d + 1 < HEAD_DIM ? row[d + 1] : zero);
            }

            // The 16 rows from `start` as fragments, straight from memory: each is read once.
            template <typename Row>
            __device__ inline void load_fragments(unsigned (&a)[PADDED / 16][4], const bf16* from, int start, int end, Row row_of) {
                const int group = static_cast<int>(threadIdx.x) % 32 / 4;
                const int pair = static_cast<int>(threadIdx.x) % 4 * 2;
                for (int half = 0; half < 2; half++) {
                    const int row = start + group + 8 * half;
                    const bf16* at = from + row_of(row < end ? row : 0) * HEAD_DIM;
            #pragma unroll
                    for (int step = 0; step < PADDED / 16; step++) {
                        a[step][half] = pair_of(at, row < end, 16 * step + pair);
                        a[step][half + 2] = pair_of(at, row < end, 16 * step + pair + 8);
                    }
                }
            }

            // Combines the values of the four lanes that share a row of an accumulator.
            template <typename How>
            __device__ inline float row_reduce(float value) {
                value = How::combine(value, __shfl_xor_sync(FULL_WARP, value, 1));
                return How::combine(value, __shfl_xor_sync(FULL_WARP, value, 2));
            }
            """;

    private static final String PER_QUERY = """
            const int thread = static_cast<int>(threadIdx.x);
            const int lane = thread % 32;
            const int head = static_cast<int>(blockIdx.y) % HEADS;
            const int batch = static_cast<int>(blockIdx.y) / HEADS;
            const int query_start = static_cast<int>(blockIdx.x) * 16 * WARPS;
            const int warp_start = query_start + thread / 32 * 16;
            const auto query_of = [=](int i) { return query_row(i, batch, head); };
            const auto key_of = [=](int j) { return key_row(j, batch, head / GROUP); };
            const int last_query = minimum(query_start + 16 * WARPS, queries) - 1;
            const int key_end = keys_to(position_of(last_query), keys);
            const int key_begin = keys_from(position_of(query_start)) / TILE * TILE;
            """;

    static final String FORWARD = """
            alignas(16) __shared__ bf16 k_tile[TILE][PADDED + 8];
            alignas(16) __shared__ bf16 v_tile[TILE][PADDED + 8];
            """ + PER_QUERY + """
            unsigned rows[PADDED / 16][4];
            load_fragments(rows, q, warp_start, queries, query_of);
            // A cache holds nothing yet beyond key_end, so nothing is loaded from there: zero times not-a-number is no zero.
            // Online softmax for the lane's rows, lane / 4 and eight below: sums, the sink first, are relative to the largest score so far.
            float peak[2] = {sink_of(head), sink_of(head)};
            const float first = lane % 4 == 0 ? FIRST_WEIGHT : 0.0f;
            float total[2] = {first, first};
            float output[PADDED / 8][4] = {};

            for (int key_start = key_begin; key_start < key_end; key_start += TILE) {
                load_tile(k_tile, k, key_start, key_end, key_of);
                load_tile(v_tile, v, key_start, key_end, key_of);
                __syncthreads();
                float score[TILE / 8][4] = {};
            #pragma unroll
                for (int n = 0; n < TILE / 8; n++) {
            #pragma unroll
                    for (int step = 0; step < PADDED / 16; step++) {
                        unsigned columns[2];
                        load_columns(columns, &k_tile[8 * n][16 * step], PADDED + 8);
                        mma_m16n8k16_bf16(score[n], rows[step], columns);
                    }
                }
                float higher[2] = {peak[0], peak[1]};
            #pragma unroll
                for (int n = 0; n < TILE / 8; n++) {
            #pragma unroll
                    for (int e = 0; e < 4; e++) {
                        const int position = position_of(warp_start + lane / 4 + e / 2 * 8);
                        const int key = key_start + 8 * n + lane % 4 * 2 + e % 2;
                        const bool seen = key < keys && sees(position, key);
                        score[n][e] = seen ? capped(score[n][e] * SCALE) + bias_of(head, position, key) : negative_infinity<float>();
                        higher[e / 2] = maximum(higher[e / 2], score[n][e]);
                    }
                }
                float rescale[2];
                for (int half = 0; half < 2; half++) {
                    higher[half] = row_reduce<Max>(higher[half]);
                    const bool none = peak[half] == negative_infinity<float>();
                    rescale[half] = none ? 0.0f : exponential(peak[half] - higher[half]);
                    peak[half] = higher[half];
                    total[half] *= rescale[half];
                }
                // Accumulators of scores become fragments of weights without leaving their lanes.
                unsigned weights[TILE / 16][4];
            #pragma unroll
                for (int n = 0; n < TILE / 8; n++) {
            #pragma unroll
                    for (int half = 0; half < 2; half++) {
                        const bool none = peak[half] == negative_infinity<float>();
                        const float even = none ? 0.0f : exponential(score[n][2 * half] - peak[half]);
                        const float odd = none ? 0.0f : exponential(score[n][2 * half + 1] - peak[half]);
                        total[half] += even + odd;
                        weights[n / 2][n % 2 * 2 + half] = pack(even, odd);
                    }
                }
            #pragma unroll
                for (int n = 0; n < PADDED / 8; n++) {
            #pragma unroll
                    for (int e = 0; e < 4; e++) {
                        output[n][e] *= rescale[e / 2];
                    }
            #pragma unroll
                    for (int step = 0; step < TILE / 16; step++) {
                        unsigned columns[2];
                        load_terms(columns, &v_tile[16 * step][8 * n], PADDED + 8);
                        mma_m16n8k16_bf16(output[n], weights[step], columns);
                    }
                }
                __syncthreads();
            }

            for (int half = 0; half < 2; half++) {
                const float sum = row_reduce<Sum>(total[half]);
                const int query = warp_start + lane / 4 + half * 8;
                if (query < queries) {
            #pragma unroll
                    for (int n = 0; n < PADDED / 8; n++) {
                        for (int side = 0; side < 2; side++) {
                            const int d = 8 * n + lane % 4 * 2 + side;
                            if (d < HEAD_DIM) {
                                store(&o[query_of(query) * HEAD_DIM + d], output[n][2 * half + side] / sum);
                            }
                        }
                    }
                    if (lane % 4 == 0) {
                        store(&log_sum[query_of(query)], peak[half] + logarithm(sum));
                    }
                }
            }
            """;

    static final String QUERY_GRADIENT = """
            alignas(16) __shared__ bf16 k_tile[TILE][PADDED + 8];
            alignas(16) __shared__ bf16 v_tile[TILE][PADDED + 8];
            """ + PER_QUERY + """
            unsigned rows[PADDED / 16][4];
            unsigned gradients[PADDED / 16][4];
            load_fragments(rows, q, warp_start, queries, query_of);
            load_fragments(gradients, dout, warp_start, queries, query_of);
            float delta[2];
            float normalizer[2];
            for (int half = 0; half < 2; half++) {
                const int query = warp_start + lane / 4 + half * 8;
                float product = 0.0f;
                for (int d = lane % 4; query < queries && d < HEAD_DIM; d += 4) {
                    product += load(&dout[query_of(query) * HEAD_DIM + d]) * load(&o[query_of(query) * HEAD_DIM + d]);
                }
                delta[half] = row_reduce<Sum>(product);
                normalizer[half] = query < queries ? load(&log_sum[query_of(query)]) : 0.0f;
            }
            float result[PADDED / 8][4] = {};

            for (int key_start = key_begin; key_start < key_end; key_start += TILE) {
                load_tile(k_tile, k, key_start, keys, key_of);
                load_tile(v_tile, v, key_start, keys, key_of);
                __syncthreads();
                unsigned slopes[TILE / 16][4];
            #pragma unroll
                for (int n = 0; n < TILE / 8; n++) {
                    float score[4] = {};
                    float inflow[4] = {};
            #pragma unroll
                    for (int step = 0; step < PADDED / 16; step++) {
                        unsigned columns[2];
                        load_columns(columns, &k_tile[8 * n][16 * step], PADDED + 8);
                        mma_m16n8k16_bf16(score, rows[step], columns);
                        load_columns(columns, &v_tile[8 * n][16 * step], PADDED + 8);
                        mma_m16n8k16_bf16(inflow, gradients[step], columns);
                    }
                    float slope[4];
            #pragma unroll
                    for (int e = 0; e < 4; e++) {
                        const int query = warp_start + lane / 4 + e / 2 * 8;
                        const int position = position_of(query);
                        const int key = key_start + 8 * n + lane % 4 * 2 + e % 2;
                        const bool seen = query < queries && key < keys && sees(position, key);
                        const float limited = capped(score[e] * SCALE);
                        const float exact = limited + bias_of(head, position, key) - normalizer[e / 2];
                        const float rise = (inflow[e] - delta[e / 2]) * slope_of_cap(limited) * SCALE;
                        slope[e] = seen ? exponential(exact) * rise : 0.0f;
                    }
                    slopes[n / 2][n % 2 * 2] = pack(slope[0], slope[1]);
                    slopes[n / 2][n % 2 * 2 + 1] = pack(slope[2], slope[3]);
                }
            #pragma unroll
                for (int n = 0; n < PADDED / 8; n++) {
            #pragma unroll
                    for (int step = 0; step < TILE / 16; step++) {
                        unsigned columns[2];
                        load_terms(columns, &k_tile[16 * step][8 * n], PADDED + 8);
                        mma_m16n8k16_bf16(result[n], slopes[step], columns);
                    }
                }
                __syncthreads();
            }

            #pragma unroll
            for (int n = 0; n < PADDED / 8; n++) {
            #pragma unroll
                for (int e = 0; e < 4; e++) {
                    const int query = warp_start + lane / 4 + e / 2 * 8;
                    const int d = 8 * n + lane % 4 * 2 + e % 2;
                    if (query < queries && d < HEAD_DIM) {
                        store(&dq[query_of(query) * HEAD_DIM + d], result[n][e]);
                    }
                }
            }
            """;

    /** Scores are transposed: rows are keys, columns are the 16 queries of a step. */
    static final String KEY_GRADIENT = """
            alignas(16) __shared__ bf16 k_tile[16 * WARPS][PADDED + 8];
            alignas(16) __shared__ bf16 v_tile[16 * WARPS][PADDED + 8];
            alignas(16) __shared__ bf16 q_tile[16][PADDED + 8];
            alignas(16) __shared__ bf16 do_tile[16][PADDED + 8];
            __shared__ float deltas[16];
            __shared__ float normalizers[16];
            const int thread = static_cast<int>(threadIdx.x);
            const int lane = thread % 32;
            const int warp = thread / 32;
            const int kv_head = static_cast<int>(blockIdx.y) % KV_HEADS;
            const int batch = static_cast<int>(blockIdx.y) / KV_HEADS;
            const int key_start = static_cast<int>(blockIdx.x) * 16 * WARPS;
            const auto key_of = [=](int j) { return key_row(j, batch, kv_head); };
            const int end = queries_before(positions_to(key_start + 16 * WARPS - 1, position_of(queries - 1) + 1));
            const int begin = queries_before(positions_from(key_start)) / 16 * 16;
            load_tile(k_tile, k, key_start, keys, key_of);
            load_tile(v_tile, v, key_start, keys, key_of);
            float key_gradient[PADDED / 8][4] = {};
            float value_gradient[PADDED / 8][4] = {};

            // Every query head that shares this KV head, in order.
            for (int head = kv_head * GROUP; head < (kv_head + 1) * GROUP; head++) {
                const auto query_of = [=](int i) { return query_row(i, batch, head); };
                for (int query_start = begin; query_start < end; query_start += 16) {
                    load_tile(q_tile, q, query_start, queries, query_of);
                    load_tile(do_tile, dout, query_start, queries, query_of);
                    for (int row = warp; row < 16; row += WARPS) {
                        const int query = query_start + row;
                        float product = 0.0f;
                        for (int d = lane; query < queries && d < HEAD_DIM; d += 32) {
                            product += load(&dout[query_of(query) * HEAD_DIM + d]) * load(&o[query_of(query) * HEAD_DIM + d]);
                        }
                        product = warp_reduce<Sum>(product);
                        if (lane == 0) {
                            deltas[row] = product;
                            normalizers[row] = query < queries ? load(&log_sum[query_of(query)]) : 0.0f;
                        }
                    }
                    __syncthreads();
                    unsigned weights[4];
                    unsigned slopes[4];
            #pragma unroll
                    for (int n = 0; n < 2; n++) {
                        float score[4] = {};
                        float inflow[4] = {};
            #pragma unroll
                        for (int step = 0; step < PADDED / 16; step++) {
                            unsigned rows[4];
                            unsigned columns[2];
                            load_rows(rows, &k_tile[16 * warp][16 * step], PADDED + 8);
                            load_columns(columns, &q_tile[8 * n][16 * step], PADDED + 8);
                            mma_m16n8k16_bf16(score, rows, columns);
                            load_rows(rows, &v_tile[16 * warp][16 * step], PADDED + 8);
                            load_columns(columns, &do_tile[8 * n][16 * step], PADDED + 8);
                            mma_m16n8k16_bf16(inflow, rows, columns);
                        }
                        float weight[4];
                        float slope[4];
            #pragma unroll
                        for (int e = 0; e < 4; e++) {
                            const int column = 8 * n + lane % 4 * 2 + e % 2;
                            const int query = query_start + column;
                            const int position = position_of(query);
                            const int key = key_start + 16 * warp + lane / 4 + e / 2 * 8;
                            const bool seen = query < queries && key < keys && sees(position, key);
                            const float limited = capped(score[e] * SCALE);
                            const float exact = limited + bias_of(head, position, key) - normalizers[column];
                            weight[e] = seen ? exponential(exact) : 0.0f;
                            slope[e] = weight[e] * (inflow[e] - deltas[column]) * slope_of_cap(limited) * SCALE;
                        }
                        weights[2 * n] = pack(weight[0], weight[1]);
                        weights[2 * n + 1] = pack(weight[2], weight[3]);
                        slopes[2 * n] = pack(slope[0], slope[1]);
                        slopes[2 * n + 1] = pack(slope[2], slope[3]);
                    }
            #pragma unroll
                    for (int n = 0; n < PADDED / 8; n++) {
                        unsigned columns[2];
                        load_terms(columns, &do_tile[0][8 * n], PADDED + 8);
                        mma_m16n8k16_bf16(value_gradient[n], weights, columns);
                        load_terms(columns, &q_tile[0][8 * n], PADDED + 8);
                        mma_m16n8k16_bf16(key_gradient[n], slopes, columns);
                    }
                    __syncthreads();
                }
            }

            #pragma unroll
            for (int n = 0; n < PADDED / 8; n++) {
            #pragma unroll
                for (int e = 0; e < 4; e++) {
                    const int key = key_start + 16 * warp + lane / 4 + e / 2 * 8;
                    const int d = 8 * n + lane % 4 * 2 + e % 2;
                    if (key < keys && d < HEAD_DIM) {
                        store(&dk[key_of(key) * HEAD_DIM + d], key_gradient[n][e]);
                        store(&dv[key_of(key) * HEAD_DIM + d], value_gradient[n][e]);
                    }
                }
            }
            """;

    private TensorCoreAttentionText() {}
}
