// The part of the CUDA driver's interface that Dovetail calls, over a CPU: memory is the host's, a module is a shared
// library of kernels compiled with dovetail_emulator.h, a launch runs its fibers. Built as libcuda.so.1, so that the
// program that drives a GPU runs here unchanged.
#include <dlfcn.h>
#include <time.h>

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>

namespace {

enum Result {
    SUCCESS = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    INVALID_IMAGE = 200,
    FILE_NOT_FOUND = 301,
    NOT_FOUND = 500,
    LAUNCH_FAILED = 719
};

using Launch = const char* (*)(const unsigned* grid, const unsigned* block, void** parameters, int schedule,
                               unsigned long long seed);

struct Function {
    Launch launch;
};

struct Event {
    timespec time;
};

int schedule = 1;
unsigned long long seed = 1;
std::string failure;
// Kernels of one module share its fibers and its shared memory, whichever thread launches them.
std::mutex device;

}  // namespace

extern "C" {

/// 0: threads in turn; 1: warp by warp in an order drawn from `random_seed`.
void dovetail_emulator_schedule(int which, unsigned long long random_seed) {
    schedule = which;
    seed = random_seed;
}

/// What the last failed call said.
const char* dovetail_emulator_failure() {
    return failure.c_str();
}

int cuInit(unsigned) {
    return SUCCESS;
}

int cuDriverGetVersion(int* version) {
    *version = 13000;
    return SUCCESS;
}

int cuDeviceGetCount(int* count) {
    *count = 1;
    return SUCCESS;
}

int cuDeviceGet(int* device, int ordinal) {
    *device = ordinal;
    return ordinal == 0 ? SUCCESS : INVALID_VALUE;
}

int cuDeviceGetName(char* name, int length, int) {
    std::strncpy(name, "emulated on the CPU", static_cast<size_t>(length));
    return SUCCESS;
}

int cuDeviceGetAttribute(int* value, int attribute, int) {
    // Compute capability (75 major, 76 minor): shared libraries stand in for cubins of any architecture.
    *value = attribute == 75 ? 9 : 0;
    return SUCCESS;
}

int cuDeviceTotalMem_v2(size_t* bytes, int) {
    *bytes = size_t(1) << 32;
    return SUCCESS;
}

int cuDevicePrimaryCtxRetain(void** context, int) {
    *context = &schedule;
    return SUCCESS;
}

int cuDevicePrimaryCtxRelease_v2(int) {
    return SUCCESS;
}

int cuDevicePrimaryCtxRelease(int) {
    return SUCCESS;
}

int cuCtxSetCurrent(void*) {
    return SUCCESS;
}

int cuCtxSynchronize() {
    return SUCCESS;
}

int cuMemAlloc_v2(unsigned long long* pointer, size_t bytes) {
    void* memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
    *pointer = reinterpret_cast<unsigned long long>(memory);
    return memory == nullptr ? OUT_OF_MEMORY : SUCCESS;
}

int cuMemFree_v2(unsigned long long pointer) {
    std::free(reinterpret_cast<void*>(pointer));
    return SUCCESS;
}

int cuMemcpyHtoD_v2(unsigned long long target, const void* source, size_t bytes) {
    std::memcpy(reinterpret_cast<void*>(target), source, bytes);
    return SUCCESS;
}

int cuMemcpyDtoH_v2(void* target, unsigned long long source, size_t bytes) {
    std::memcpy(target, reinterpret_cast<void*>(source), bytes);
    return SUCCESS;
}

int cuMemGetInfo_v2(size_t* free_bytes, size_t* total) {
    *free_bytes = size_t(1) << 32;
    *total = size_t(1) << 32;
    return SUCCESS;
}

// A stream does everything at once: whoever waits for it finds it done.
int cuStreamCreate(void** stream, unsigned) {
    *stream = &device;
    return SUCCESS;
}

int cuStreamSynchronize(void*) {
    return SUCCESS;
}

int cuStreamDestroy_v2(void*) {
    return SUCCESS;
}

int cuMemcpyHtoDAsync_v2(unsigned long long target, const void* source, size_t bytes, void*) {
    return cuMemcpyHtoD_v2(target, source, bytes);
}

int cuMemcpyDtoHAsync_v2(void* target, unsigned long long source, size_t bytes, void*) {
    return cuMemcpyDtoH_v2(target, source, bytes);
}

int cuMemcpyDtoDAsync_v2(unsigned long long target, unsigned long long source, size_t bytes, void*) {
    std::memcpy(reinterpret_cast<void*>(target), reinterpret_cast<const void*>(source), bytes);
    return SUCCESS;
}

int cuMemsetD8Async(unsigned long long target, unsigned char value, size_t bytes, void*) {
    std::memset(reinterpret_cast<void*>(target), value, bytes);
    return SUCCESS;
}

int cuMemsetD8_v2(unsigned long long target, unsigned char value, size_t bytes) {
    std::memset(reinterpret_cast<void*>(target), value, bytes);
    return SUCCESS;
}

int cuModuleLoad(void** module, const char* path) {
    *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (*module == nullptr) {
        failure = dlerror();
        return FILE_NOT_FOUND;
    }
    return SUCCESS;
}

int cuModuleUnload(void* module) {
    dlclose(module);
    return SUCCESS;
}

int cuModuleGetFunction(void** function, void* module, const char* name) {
    void* launch = dlsym(module, (std::string(name) + "_emulated").c_str());
    if (launch == nullptr) {
        failure = dlerror();
        return NOT_FOUND;
    }
    auto known = new Function{reinterpret_cast<Launch>(launch)};
    *function = known;
    return SUCCESS;
}

int cuLaunchKernel(void* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                   unsigned, void*, void** parameters, void**) {
    const unsigned grid[3] = {gx, gy, gz};
    const unsigned block[3] = {bx, by, bz};
    if (gx == 0 || gy == 0 || gz == 0 || bx * by * bz == 0 || bx * by * bz > 1024 || gy > 65535 || gz > 65535) {
        failure = "a launch needs at least one block, at most 1024 threads, and y and z below 65536";
        return INVALID_VALUE;
    }
    const std::lock_guard<std::mutex> alone(device);
    failure = static_cast<Function*>(function)->launch(grid, block, parameters, schedule, seed);
    return failure.empty() ? SUCCESS : LAUNCH_FAILED;
}

int cuEventCreate(void** event, unsigned) {
    *event = new Event{};
    return SUCCESS;
}

int cuEventRecord(void* event, void*) {
    clock_gettime(CLOCK_MONOTONIC, &static_cast<Event*>(event)->time);
    return SUCCESS;
}

int cuEventSynchronize(void*) {
    return SUCCESS;
}

int cuEventElapsedTime(float* milliseconds, void* start, void* end) {
    timespec a = static_cast<Event*>(start)->time;
    timespec b = static_cast<Event*>(end)->time;
    *milliseconds = static_cast<float>((b.tv_sec - a.tv_sec) * 1e3 + (b.tv_nsec - a.tv_nsec) * 1e-6);
    return SUCCESS;
}

int cuEventElapsedTime_v2(float* milliseconds, void* start, void* end) {
    return cuEventElapsedTime(milliseconds, start, end);
}

int cuEventDestroy_v2(void* event) {
    delete static_cast<Event*>(event);
    return SUCCESS;
}

int cuGetErrorName(int error, const char** name) {
    *name = error == SUCCESS ? "CUDA_SUCCESS" : "CUDA_ERROR";
    return SUCCESS;
}

int cuGetErrorString(int, const char** text) {
    *text = failure.c_str();
    return SUCCESS;
}

}  // extern "C"
