// Device functions that Dovetail's kernels share: storage types, reductions, tensor core fragments.
//
// Inline PTX lives here alone, behind named functions. Each has a second body in dovetail_emulator.h, so the same kernel
// text also runs on a CPU, one fiber per CUDA thread.
#pragma once

#if !defined(__CUDACC__)
#include "dovetail_emulator.h"
#endif

namespace dovetail {

/// A float without its lower 16 bits.
struct alignas(2) bf16 {
    unsigned short bits;
};

/// IEEE half precision.
struct alignas(2) f16 {
    unsigned short bits;
};

constexpr unsigned FULL_WARP = 0xffffffffu;

/// The tensor that starts `offset` bytes into a rank's memory.
template <typename T>
__device__ inline T* tensor(unsigned char* memory, long long offset) {
    return reinterpret_cast<T*>(memory + offset);
}

/// Rounds to nearest, ties to even.
__device__ inline bf16 narrow_bf16(float value) {
    bf16 result;
#if defined(__CUDACC__)
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(result.bits) : "f"(value));
#else
    result.bits = dovetail_emulator::bf16_bits(value);
#endif
    return result;
}

__device__ inline f16 narrow_f16(float value) {
    f16 result;
#if defined(__CUDACC__)
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(result.bits) : "f"(value));
#else
    result.bits = dovetail_emulator::f16_bits(value);
#endif
    return result;
}

__device__ inline float load(const float* at) {
    return *at;
}

__device__ inline double load(const double* at) {
    return *at;
}

__device__ inline float load(const int* at) {
    return static_cast<float>(*at);
}

__device__ inline float load(const bf16* at) {
    return __uint_as_float(static_cast<unsigned>(at->bits) << 16);
}

__device__ inline float load(const f16* at) {
    float result;
#if defined(__CUDACC__)
    asm("cvt.f32.f16 %0, %1;" : "=f"(result) : "h"(at->bits));
#else
    result = dovetail_emulator::f16_value(at->bits);
#endif
    return result;
}

template <typename R>
__device__ inline void store(float* at, R value) {
    *at = static_cast<float>(value);
}

template <typename R>
__device__ inline void store(double* at, R value) {
    *at = static_cast<double>(value);
}

template <typename R>
__device__ inline void store(int* at, R value) {
    *at = static_cast<int>(value);
}

template <typename R>
__device__ inline void store(bf16* at, R value) {
    *at = narrow_bf16(static_cast<float>(value));
}

template <typename R>
__device__ inline void store(f16* at, R value) {
    *at = narrow_f16(static_cast<float>(value));
}

__device__ inline float exponential(float x) {
    return expf(x);
}

__device__ inline double exponential(double x) {
    return exp(x);
}

__device__ inline float logarithm(float x) {
    return logf(x);
}

__device__ inline double logarithm(double x) {
    return log(x);
}

__device__ inline float square_root(float x) {
    return sqrtf(x);
}

__device__ inline double square_root(double x) {
    return sqrt(x);
}

__device__ inline float hyperbolic_tangent(float x) {
    return tanhf(x);
}

__device__ inline double hyperbolic_tangent(double x) {
    return tanh(x);
}

__device__ inline float error_function(float x) {
    return erff(x);
}

__device__ inline double error_function(double x) {
    return erf(x);
}

template <typename R>
__device__ inline R sigmoid(R x) {
    return R(1) / (R(1) + exponential(-x));
}

template <typename R>
__device__ inline R maximum(R a, R b) {
    return a < b ? b : a;
}

template <typename R>
__device__ inline R minimum(R a, R b) {
    return b < a ? b : a;
}

template <typename R>
__device__ inline R negative_infinity() {
    return static_cast<R>(-__int_as_float(0x7f800000));
}

/// How values combine; the order is fixed by the thread layout, so a result never depends on scheduling.
struct Sum {
    template <typename R>
    __device__ static R start() {
        return R(0);
    }

    template <typename R>
    __device__ static R combine(R a, R b) {
        return a + b;
    }
};

struct Max {
    template <typename R>
    __device__ static R start() {
        return negative_infinity<R>();
    }

    template <typename R>
    __device__ static R combine(R a, R b) {
        return maximum(a, b);
    }
};

/// Combines one value per lane; every lane gets the result.
template <typename How, typename R>
__device__ inline R warp_reduce(R value) {
    for (int distance = 16; distance > 0; distance /= 2) {
        value = How::combine(value, __shfl_xor_sync(FULL_WARP, value, distance));
    }
    return value;
}

/// Combines one value per thread of a one-dimensional block; every thread gets the result. `scratch` holds 32 values.
template <typename How, typename R>
__device__ inline R block_reduce(R value, R* scratch) {
    const int lane = static_cast<int>(threadIdx.x % 32);
    const int warp = static_cast<int>(threadIdx.x / 32);
    const int warps = static_cast<int>((blockDim.x + 31) / 32);
    value = warp_reduce<How>(value);
    __syncthreads();  // the scratch may still be read from the reduction before
    if (lane == 0) {
        scratch[warp] = value;
    }
    __syncthreads();
    return warp_reduce<How>(lane < warps ? scratch[lane] : How::template start<R>());
}

/// Two neighbouring bf16, the first in the low half: one register of a tensor core fragment.
__device__ inline unsigned pack(bf16 low, bf16 high) {
    return static_cast<unsigned>(low.bits) | static_cast<unsigned>(high.bits) << 16;
}

__device__ inline unsigned pack(float low, float high) {
    return pack(narrow_bf16(low), narrow_bf16(high));
}

__device__ inline unsigned pair_at(const bf16* at) {
    return *reinterpret_cast<const unsigned*>(at);
}

/// d += a · b for a 16 x 8 tile and 16 terms, on tensor cores (mma.sync, sm_80 and later).
///
/// With g = lane / 4 and t = lane % 4 (PTX ISA, "Matrix fragments for mma.m16n8k16"):
///   a[0..3]: rows g, g + 8, g, g + 8; terms 2t and 2t + 1, in a[2], a[3] eight further
///   b[0..1]: column g; terms 2t and 2t + 1, in b[1] eight further
///   d[0..3]: rows g, g, g + 8, g + 8; columns 2t, 2t + 1, 2t, 2t + 1
__device__ inline void mma_m16n8k16_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
#if defined(__CUDACC__)
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
    dovetail_emulator::mma_m16n8k16_bf16(d, a, b);
#endif
}

/// Fragment a from a tile stored [row][term]; `stride` counts elements from row to row and is even.
__device__ inline void load_rows(unsigned (&a)[4], const bf16* tile, int stride) {
    const int lane = static_cast<int>(threadIdx.x % 32);
    const bf16* at = tile + lane / 4 * stride + lane % 4 * 2;
    a[0] = pair_at(at);
    a[1] = pair_at(at + 8 * stride);
    a[2] = pair_at(at + 8);
    a[3] = pair_at(at + 8 * stride + 8);
}

/// Fragment b from a tile stored [column][term].
__device__ inline void load_columns(unsigned (&b)[2], const bf16* tile, int stride) {
    const int lane = static_cast<int>(threadIdx.x % 32);
    const bf16* at = tile + lane / 4 * stride + lane % 4 * 2;
    b[0] = pair_at(at);
    b[1] = pair_at(at + 8);
}

/// Fragment b from a tile stored [term][column].
__device__ inline void load_terms(unsigned (&b)[2], const bf16* tile, int stride) {
    const int lane = static_cast<int>(threadIdx.x % 32);
    const bf16* at = tile + lane % 4 * 2 * stride + lane / 4;
    b[0] = pack(at[0], at[stride]);
    b[1] = pack(at[8 * stride], at[9 * stride]);
}

/// Four 8 x 8 tiles of a shared tile at once (ldmatrix): lane l says where row l % 8 of tile l / 8 starts, 16-byte aligned.
/// Lane l gets elements 2 (l % 4) and 2 (l % 4) + 1 of row l / 4 of each.
__device__ inline void load_matrices(unsigned (&r)[4], const bf16* row) {
#if defined(__CUDACC__)
    const unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(row));
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(at)
                 : "memory");
#else
    const int lane = static_cast<int>(threadIdx.x % 32);
    for (int tile = 0; tile < 4; tile++) {
        r[tile] = pair_at(__shfl_sync(FULL_WARP, row, 8 * tile + lane / 4) + lane % 4 * 2);
    }
#endif
}

/// As above, each tile transposed: lane l gets elements l / 4 of rows 2 (l % 4) and 2 (l % 4) + 1.
__device__ inline void load_matrices_transposed(unsigned (&r)[4], const bf16* row) {
#if defined(__CUDACC__)
    const unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(row));
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(at)
                 : "memory");
#else
    const int lane = static_cast<int>(threadIdx.x % 32);
    for (int tile = 0; tile < 4; tile++) {
        const bf16* even = __shfl_sync(FULL_WARP, row, 8 * tile + lane % 4 * 2);
        const bf16* odd = __shfl_sync(FULL_WARP, row, 8 * tile + lane % 4 * 2 + 1);
        r[tile] = pack(even[lane / 4], odd[lane / 4]);
    }
#endif
}

/// Begins to copy eight elements to shared memory without registers in between (cp.async), or zeros where they are not
/// `inside`. Both addresses are 16-byte aligned.
__device__ inline void copy_eight(bf16* shared, const bf16* global, bool inside) {
#if defined(__CUDACC__)
    const unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(shared));
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(at), "l"(global), "r"(inside ? 16 : 0)
                 : "memory");
#else
    for (int i = 0; i < 8; i++) {
        shared[i] = inside ? global[i] : bf16{0};
    }
#endif
}

/// Ends a group of copies; groups arrive in order.
__device__ inline void end_copy_group() {
#if defined(__CUDACC__)
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

/// Waits until at most `Left` of this thread's groups are under way.
template <int Left>
__device__ inline void wait_for_copies() {
#if defined(__CUDACC__)
    asm volatile("cp.async.wait_group %0;" ::"n"(Left) : "memory");
#endif
}

}  // namespace dovetail
