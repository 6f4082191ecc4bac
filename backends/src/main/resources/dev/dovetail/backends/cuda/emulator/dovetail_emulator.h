// Runs CUDA kernels on a CPU: one fiber per thread, one block after another, so that a kernel's own text can be checked
// where there is no GPU. Compiled by a C++ compiler for x86-64; included by dovetail_device.cuh when nvcc is not at work.
//
// What it finds: wrong arithmetic, missing barriers (by running warps far apart), divergent barriers, shared memory read
// before it is written (each block starts with it full of NaN). What it cannot: weak memory order, bank conflicts, time.
#pragma once

#include <sys/mman.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(...)
// One section holds all shared memory, so that it can be poisoned between blocks.
#define __shared__ static __attribute__((section("dovetail_shared")))
extern "C" unsigned char __start_dovetail_shared[] __attribute__((weak, visibility("hidden")));
extern "C" unsigned char __stop_dovetail_shared[] __attribute__((weak, visibility("hidden")));

struct uint3 {
    unsigned x, y, z;
};

struct dim3 {
    unsigned x, y, z;
};

// Saves the callee-saved registers and the stack pointer at *from, and goes on where `to` was saved.
extern "C" void dovetail_switch_fiber(void** from, void* to) __attribute__((visibility("hidden")));
asm(R"(
    .text
    .p2align 4
    .hidden dovetail_switch_fiber
    .globl dovetail_switch_fiber
    .type dovetail_switch_fiber, @function
dovetail_switch_fiber:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size dovetail_switch_fiber, .-dovetail_switch_fiber
)");

namespace dovetail_emulator {

constexpr int WARP = 32;
constexpr int MAX_THREADS = 1024;
constexpr size_t STACK_BYTES = 256 * 1024;

/// Which fiber runs next: each in turn, or one warp as far as it gets before another (warps in random order).
enum Schedule { ROUND_ROBIN = 0, WARP_BY_WARP = 1 };

enum State { RUNNABLE, AT_BLOCK_BARRIER, AT_WARP_BARRIER, DONE };

struct Fiber {
    void* stack_pointer;
    State state;
    int line;  // of the block barrier it waits at
    uint3 thread;
};

struct Warp {
    int live, arrived;
    alignas(16) unsigned char slots[WARP][32];
};

struct Machine {
    void (*kernel)(void** parameters);
    void** parameters;
    dim3 grid, block;
    uint3 block_index;
    int threads, live, arrived, current;
    void* scheduler;
    unsigned char* stacks;
    Fiber fibers[MAX_THREADS];
    Warp warps[MAX_THREADS / WARP];
    unsigned long long random;
    char failure[512];
};

static Machine machine;

inline int lane() {
    return machine.current % WARP;
}

inline Warp& warp() {
    return machine.warps[machine.current / WARP];
}

inline void yield() {
    dovetail_switch_fiber(&machine.fibers[machine.current].stack_pointer, machine.scheduler);
}

inline void release_warp(int index) {
    machine.warps[index].arrived = 0;
    for (int i = index * WARP; i < machine.threads && i < (index + 1) * WARP; i++) {
        if (machine.fibers[i].state == AT_WARP_BARRIER) {
            machine.fibers[i].state = RUNNABLE;
        }
    }
}

inline void release_block() {
    int line = 0;
    for (int i = 0; i < machine.threads; i++) {
        Fiber& fiber = machine.fibers[i];
        if (fiber.state == AT_BLOCK_BARRIER) {
            if (line != 0 && line != fiber.line) {
                std::snprintf(machine.failure, sizeof machine.failure,
                    "divergent barrier in block (%u, %u, %u): __syncthreads at line %d meets the one at line %d",
                    machine.block_index.x, machine.block_index.y, machine.block_index.z, line, fiber.line);
            }
            line = fiber.line;
            fiber.state = RUNNABLE;
        }
    }
    machine.arrived = 0;
}

__attribute__((noinline)) inline void warp_barrier() {
    Warp& own = warp();
    machine.fibers[machine.current].state = AT_WARP_BARRIER;
    if (++own.arrived == own.live) {
        release_warp(machine.current / WARP);
    } else {
        yield();
    }
}

__attribute__((noinline)) inline void block_barrier(int line) {
    Fiber& own = machine.fibers[machine.current];
    own.state = AT_BLOCK_BARRIER;
    own.line = line;
    if (++machine.arrived == machine.live) {
        release_block();
    }
    yield();
}

inline void finish_thread() {
    machine.fibers[machine.current].state = DONE;
    int own = machine.current / WARP;
    machine.live--;
    machine.warps[own].live--;
    if (machine.live > 0 && machine.arrived == machine.live) {
        release_block();
    }
    if (machine.warps[own].live > 0 && machine.warps[own].arrived == machine.warps[own].live) {
        release_warp(own);
    }
}

inline void fiber_main() {
    machine.kernel(machine.parameters);
    finish_thread();
    yield();
    std::abort();
}

inline void start_fiber(int index) {
    Fiber& fiber = machine.fibers[index];
    unsigned x = machine.block.x, y = machine.block.y;
    fiber.thread = {index % x, index / x % y, index / (x * y)};
    fiber.state = RUNNABLE;
    fiber.line = 0;
    auto top = reinterpret_cast<void**>(machine.stacks + (index + 1) * STACK_BYTES);
    *--top = nullptr;  // keeps the stack 16-aligned at the call boundary
    *--top = reinterpret_cast<void*>(&fiber_main);
    for (int i = 0; i < 6; i++) {
        *--top = nullptr;
    }
    fiber.stack_pointer = top;
}

inline bool run(int index) {
    if (machine.fibers[index].state != RUNNABLE) {
        return false;
    }
    machine.current = index;
    dovetail_switch_fiber(&machine.scheduler, machine.fibers[index].stack_pointer);
    return true;
}

inline unsigned next_random(unsigned bound) {
    machine.random = machine.random * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<unsigned>(machine.random >> 33) % bound;
}

/// Runs every fiber once that can run; false when none could.
inline bool turn_of_all() {
    bool progress = false;
    for (int i = 0; i < machine.threads; i++) {
        progress |= run(i);
    }
    return progress;
}

/// Runs one warp until it is blocked, then the next, in a random order.
inline bool turn_of_warps() {
    int count = (machine.threads + WARP - 1) / WARP;
    int order[MAX_THREADS / WARP];
    for (int i = 0; i < count; i++) {
        int j = static_cast<int>(next_random(static_cast<unsigned>(i + 1)));
        order[i] = order[j];
        order[j] = i;
    }
    bool progress = false;
    for (int w = 0; w < count; w++) {
        bool again = true;
        while (again) {
            again = false;
            for (int i = order[w] * WARP; i < machine.threads && i < (order[w] + 1) * WARP; i++) {
                again |= run(i);
            }
            progress |= again;
        }
    }
    return progress;
}

inline void report_stuck() {
    int block = 0, in_warp = 0, line = 0;
    for (int i = 0; i < machine.threads; i++) {
        block += machine.fibers[i].state == AT_BLOCK_BARRIER;
        in_warp += machine.fibers[i].state == AT_WARP_BARRIER;
        line = machine.fibers[i].state == AT_BLOCK_BARRIER ? machine.fibers[i].line : line;
    }
    std::snprintf(machine.failure, sizeof machine.failure,
        "divergent barrier in block (%u, %u, %u): %d threads wait at __syncthreads (line %d), %d inside a warp operation",
        machine.block_index.x, machine.block_index.y, machine.block_index.z, block, line, in_warp);
}

inline void run_block(Schedule schedule) {
    std::memset(__start_dovetail_shared, 0xff, static_cast<size_t>(__stop_dovetail_shared - __start_dovetail_shared));
    machine.live = machine.threads;
    machine.arrived = 0;
    for (int w = 0; w * WARP < machine.threads; w++) {
        int left = machine.threads - w * WARP;
        machine.warps[w].live = left < WARP ? left : WARP;
        machine.warps[w].arrived = 0;
    }
    for (int i = 0; i < machine.threads; i++) {
        start_fiber(i);
    }
    while (machine.live > 0 && machine.failure[0] == 0) {
        bool progress = schedule == ROUND_ROBIN ? turn_of_all() : turn_of_warps();
        if (!progress && machine.failure[0] == 0) {
            report_stuck();
        }
    }
}

/// Runs a whole grid; returns what went wrong, or an empty string.
inline const char* launch(void (*kernel)(void**), const unsigned* grid, const unsigned* block, void** parameters,
                          int schedule, unsigned long long seed) {
    machine.kernel = kernel;
    machine.parameters = parameters;
    machine.grid = {grid[0], grid[1], grid[2]};
    machine.block = {block[0], block[1], block[2]};
    machine.threads = static_cast<int>(block[0] * block[1] * block[2]);
    machine.random = seed;
    machine.failure[0] = 0;
    if (machine.stacks == nullptr) {
        machine.stacks = static_cast<unsigned char*>(mmap(nullptr, MAX_THREADS * STACK_BYTES, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    }
    for (unsigned z = 0; z < grid[2] && machine.failure[0] == 0; z++) {
        for (unsigned y = 0; y < grid[1] && machine.failure[0] == 0; y++) {
            for (unsigned x = 0; x < grid[0] && machine.failure[0] == 0; x++) {
                machine.block_index = {x, y, z};
                run_block(static_cast<Schedule>(schedule));
            }
        }
    }
    return machine.failure;
}

/// Hands each lane's value to all; valid until the lane's next warp operation.
template <typename T, typename Read>
inline auto exchange(const T& mine, Read read) {
    static_assert(sizeof(T) <= 32, "a lane hands over at most 32 bytes");
    Warp& own = warp();
    std::memcpy(own.slots[lane()], &mine, sizeof(T));
    warp_barrier();
    auto result = read([&own](int from) {
        T value;
        std::memcpy(&value, own.slots[from], sizeof(T));
        return value;
    });
    warp_barrier();
    return result;
}

inline float value_of_bf16(unsigned pair, int half) {
    unsigned bits = half == 0 ? pair << 16 : pair & 0xffff0000u;
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

struct Fragments {
    unsigned a[4];
    unsigned b[2];
};

/// Each lane computes its four results from the registers that other lanes hold.
inline void mma_m16n8k16_bf16(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    Fragments mine = {{a[0], a[1], a[2], a[3]}, {b[0], b[1]}};
    int group = lane() / 4;
    int within = lane() % 4;
    exchange(mine, [&](auto at) {
        for (int term = 0; term < 16; term++) {
            int upper = term / 8;
            int owner = term % 8 / 2;
            Fragments top = at(group * 4 + owner);
            for (int side = 0; side < 2; side++) {
                Fragments right = at((2 * within + side) * 4 + owner);
                float factor = value_of_bf16(right.b[upper], term % 2);
                d[side] += value_of_bf16(top.a[2 * upper], term % 2) * factor;
                d[2 + side] += value_of_bf16(top.a[2 * upper + 1], term % 2) * factor;
            }
        }
        return 0;
    });
}

inline unsigned short bf16_bits(float value) {
    unsigned bits;
    std::memcpy(&bits, &value, sizeof bits);
    if (value != value) {
        return 0x7fff;
    }
    return static_cast<unsigned short>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

inline unsigned short f16_bits(float value) {
    _Float16 half = static_cast<_Float16>(value);
    unsigned short bits;
    std::memcpy(&bits, &half, sizeof bits);
    return bits;
}

inline float f16_value(unsigned short bits) {
    _Float16 half;
    std::memcpy(&half, &bits, sizeof half);
    return static_cast<float>(half);
}

}  // namespace dovetail_emulator

#define threadIdx (dovetail_emulator::machine.fibers[dovetail_emulator::machine.current].thread)
#define blockIdx (dovetail_emulator::machine.block_index)
#define blockDim (dovetail_emulator::machine.block)
#define gridDim (dovetail_emulator::machine.grid)
#define __syncthreads() dovetail_emulator::block_barrier(__LINE__)
#define __syncwarp(...) dovetail_emulator::warp_barrier()

template <typename T>
inline T __shfl_xor_sync(unsigned, T value, int mask) {
    int from = dovetail_emulator::lane() ^ mask;
    return dovetail_emulator::exchange(value, [from](auto at) { return at(from); });
}

template <typename T>
inline T __shfl_sync(unsigned, T value, int from) {
    return dovetail_emulator::exchange(value, [from](auto at) { return at(from); });
}

inline unsigned __ballot_sync(unsigned, int predicate) {
    return dovetail_emulator::exchange(predicate, [](auto at) {
        unsigned votes = 0;
        for (int i = 0; i < dovetail_emulator::WARP; i++) {
            votes |= (at(i) != 0 ? 1u : 0u) << i;
        }
        return votes;
    });
}

inline int __ffs(unsigned bits) {
    return __builtin_ffs(static_cast<int>(bits));
}

inline float __uint_as_float(unsigned bits) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

inline float __int_as_float(int bits) {
    return __uint_as_float(static_cast<unsigned>(bits));
}
