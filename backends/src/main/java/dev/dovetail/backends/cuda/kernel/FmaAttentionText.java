package dev.dovetail.backends.cuda.kernel;

/** Texts of attention by fused multiply-adds: a thread per score of a small square tile. */
final class FmaAttentionText {

    static final String FUNCTIONS = """

            // Combines the values of the TILE neighbouring threads that share a row.
            template <typename How>
            __device__ inline real row_reduce(real value) {
                for (int distance = TILE / 2; distance > 0; distance /= 2) {
                    value = How::combine(value, __shfl_xor_sync(FULL_WARP, value, distance));
                }
                return value;
            }

            template <int DIM>
            __device__ inline real dot(const real* a, const real* b) {
                real sum = real(0);
                for (int d = 0; d < DIM; d++) {
                    sum += a[d] * b[d];
                }
                return sum;
            }

            // Rows [start, start + TILE) of a tensor; zero beyond `end`.
            template <int DIM, int WIDTH, typename Stored, typename Row>
            __device__ inline void load_tile(real (&tile)[TILE][WIDTH], const Stored* from, int start, int end, Row row_of) {
                for (int i = static_cast<int>(threadIdx.x); i < TILE * DIM; i += TILE * TILE) {
                    const int row = i / DIM;
                    const int d = i % DIM;
                    tile[row][d] = start + row < end ? real(load(&from[row_of(start + row) * DIM + d])) : real(0);
                }
            }
            """;

    /** What every entry opens with; rows of the block are queries. */
    private static final String PER_QUERY = """
            const int row = static_cast<int>(threadIdx.x) / TILE;
            const int column = static_cast<int>(threadIdx.x) % TILE;
            const int head = static_cast<int>(blockIdx.y) % HEADS;
            const int batch = static_cast<int>(blockIdx.y) / HEADS;
            const int query_start = static_cast<int>(blockIdx.x) * TILE;
            const int query = query_start + row;
            const int position = position_of(query);
            const auto query_of = [=](int i) { return query_row(i, batch, head); };
            const auto key_of = [=](int j) { return key_row(j, batch, head / GROUP); };
            const int last_query = minimum(query_start + TILE, queries) - 1;
            const int key_end = keys_to(position_of(last_query), keys);
            const int key_begin = keys_from(position_of(query_start)) / TILE * TILE;
            """;

    static final String FORWARD = """
            __shared__ real q_tile[TILE][HEAD_DIM + 1];
            __shared__ real kv_tile[TILE][(HEAD_DIM > VALUE_DIM ? HEAD_DIM : VALUE_DIM) + 1];
            __shared__ real weights[TILE][TILE + 1];
            """ + PER_QUERY + """
            load_tile<HEAD_DIM>(q_tile, q, query_start, queries, query_of);
            // A cache holds nothing yet beyond key_end, so nothing is loaded from there: zero times not-a-number is no zero.
            // Online softmax: everything summed so far, the sink first, is relative to the largest score so far.
            real peak = sink_of(head);
            real total = FIRST_WEIGHT;
            real output[(VALUE_DIM + TILE - 1) / TILE] = {};

            for (int key_start = key_begin; key_start < key_end; key_start += TILE) {
                load_tile<HEAD_DIM>(kv_tile, k, key_start, key_end, key_of);
                __syncthreads();
                const int key = key_start + column;
                const bool seen = key < keys && sees(position, key);
                const real score = seen ? capped(dot<HEAD_DIM>(q_tile[row], kv_tile[column]) * SCALE) + bias_of(head, position, key)
                                        : negative_infinity<real>();
                const real higher = maximum(peak, row_reduce<Max>(score));
                const real weight = seen ? exponential(score - higher) : real(0);
                const real rescale = peak < higher ? (total > 0 ? exponential(peak - higher) : real(0)) : real(1);
                total = total * rescale + row_reduce<Sum>(weight);
                peak = higher;
                weights[row][column] = weight;
                __syncthreads();
                load_tile<VALUE_DIM>(kv_tile, v, key_start, key_end, key_of);
                __syncthreads();
                for (int d = column; d < VALUE_DIM; d += TILE) {
                    real sum = output[d / TILE] * rescale;
                    for (int j = 0; j < TILE; j++) {
                        sum += weights[row][j] * kv_tile[j][d];
                    }
                    output[d / TILE] = sum;
                }
                __syncthreads();
            }

            if (query < queries) {
                for (int d = column; d < VALUE_DIM; d += TILE) {
                    store(&o[query_of(query) * VALUE_DIM + d], output[d / TILE] / total);
                }
                if (column == 0) {
                    store(&log_sum[query_of(query)], peak + logarithm(total));
                }
            }
            """;

    static final String QUERY_GRADIENT = """
            __shared__ real q_tile[TILE][HEAD_DIM + 1];
            __shared__ real do_tile[TILE][VALUE_DIM + 1];
            __shared__ real k_tile[TILE][HEAD_DIM + 1];
            __shared__ real v_tile[TILE][VALUE_DIM + 1];
            __shared__ real slopes[TILE][TILE + 1];
            """ + PER_QUERY + """
            load_tile<HEAD_DIM>(q_tile, q, query_start, queries, query_of);
            load_tile<VALUE_DIM>(do_tile, dout, query_start, queries, query_of);
            __syncthreads();
            real product = real(0);
            for (int d = column; query < queries && d < VALUE_DIM; d += TILE) {
                product += do_tile[row][d] * load(&o[query_of(query) * VALUE_DIM + d]);
            }
            const real delta = row_reduce<Sum>(product);
            const real normalizer = query < queries ? load(&log_sum[query_of(query)]) : real(0);
            real gradient[(HEAD_DIM + TILE - 1) / TILE] = {};

            for (int key_start = key_begin; key_start < key_end; key_start += TILE) {
                load_tile<HEAD_DIM>(k_tile, k, key_start, keys, key_of);
                load_tile<VALUE_DIM>(v_tile, v, key_start, keys, key_of);
                __syncthreads();
                const int key = key_start + column;
                real weight = real(0);
                const real score = capped(dot<HEAD_DIM>(q_tile[row], k_tile[column]) * SCALE);
                if (query < queries && key < keys && sees(position, key)) {
                    weight = exponential(score + bias_of(head, position, key) - normalizer);
                }
                const real inflow = weight * (dot<VALUE_DIM>(do_tile[row], v_tile[column]) - delta);
                slopes[row][column] = inflow * slope_of_cap(score) * SCALE;
                __syncthreads();
                for (int d = column; d < HEAD_DIM; d += TILE) {
                    for (int j = 0; j < TILE; j++) {
                        gradient[d / TILE] += slopes[row][j] * k_tile[j][d];
                    }
                }
                __syncthreads();
            }

            for (int d = column; query < queries && d < HEAD_DIM; d += TILE) {
                store(&dq[query_of(query) * HEAD_DIM + d], gradient[d / TILE]);
            }
            """;

    static final String KEY_GRADIENT = """
            __shared__ real q_tile[TILE][HEAD_DIM + 1];
            __shared__ real do_tile[TILE][VALUE_DIM + 1];
            __shared__ real k_tile[TILE][HEAD_DIM + 1];
            __shared__ real v_tile[TILE][VALUE_DIM + 1];
            __shared__ real weights[TILE][TILE + 1];
            __shared__ real slopes[TILE][TILE + 1];
            __shared__ real deltas[TILE];
            __shared__ real normalizers[TILE];
            const int row = static_cast<int>(threadIdx.x) / TILE;
            const int column = static_cast<int>(threadIdx.x) % TILE;
            const int kv_head = static_cast<int>(blockIdx.y) % KV_HEADS;
            const int batch = static_cast<int>(blockIdx.y) / KV_HEADS;
            const int key_start = static_cast<int>(blockIdx.x) * TILE;
            const int key = key_start + row;
            const auto key_of = [=](int j) { return key_row(j, batch, kv_head); };
            const int end = queries_before(positions_to(key_start + TILE - 1, position_of(queries - 1) + 1));
            const int begin = queries_before(positions_from(key_start)) / TILE * TILE;
            load_tile<HEAD_DIM>(k_tile, k, key_start, keys, key_of);
            load_tile<VALUE_DIM>(v_tile, v, key_start, keys, key_of);
            real key_gradient[(HEAD_DIM + TILE - 1) / TILE] = {};
            real value_gradient[(VALUE_DIM + TILE - 1) / TILE] = {};

            // Every query head that shares this KV head, in order.
            for (int head = kv_head * GROUP; head < (kv_head + 1) * GROUP; head++) {
                const auto query_of = [=](int i) { return query_row(i, batch, head); };
                for (int query_start = begin; query_start < end; query_start += TILE) {
                    load_tile<HEAD_DIM>(q_tile, q, query_start, queries, query_of);
                    load_tile<VALUE_DIM>(do_tile, dout, query_start, queries, query_of);
                    __syncthreads();
                    const int own = query_start + row;
                    real product = real(0);
                    for (int d = column; own < queries && d < VALUE_DIM; d += TILE) {
                        product += do_tile[row][d] * load(&o[query_of(own) * VALUE_DIM + d]);
                    }
                    product = row_reduce<Sum>(product);
                    if (column == 0) {
                        deltas[row] = product;
                        normalizers[row] = own < queries ? load(&log_sum[query_of(own)]) : real(0);
                    }
                    __syncthreads();
                    const int query = query_start + column;
                    const int position = position_of(query);
                    real weight = real(0);
                    const real score = capped(dot<HEAD_DIM>(q_tile[column], k_tile[row]) * SCALE);
                    if (query < queries && key < keys && sees(position, key)) {
                        weight = exponential(score + bias_of(head, position, key) - normalizers[column]);
                    }
                    weights[row][column] = weight;
                    const real inflow = weight * (dot<VALUE_DIM>(do_tile[column], v_tile[row]) - deltas[column]);
                    slopes[row][column] = inflow * slope_of_cap(score) * SCALE;
                    __syncthreads();
                    for (int d = column; d < HEAD_DIM; d += TILE) {
                        for (int i = 0; i < TILE; i++) {
                            key_gradient[d / TILE] += slopes[row][i] * q_tile[i][d];
                        }
                    }
                    for (int d = column; d < VALUE_DIM; d += TILE) {
                        for (int i = 0; i < TILE; i++) {
                            value_gradient[d / TILE] += weights[row][i] * do_tile[i][d];
                        }
                    }
                    __syncthreads();
                }
            }

            for (int d = column; key < keys && d < HEAD_DIM; d += TILE) {
                store(&dk[key_of(key) * HEAD_DIM + d], key_gradient[d / TILE]);
            }
            for (int d = column; key < keys && d < VALUE_DIM; d += TILE) {
                store(&dv[key_of(key) * VALUE_DIM + d], value_gradient[d / TILE]);
            }
            """;

    private FmaAttentionText() {}
}
