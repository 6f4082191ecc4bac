package dev.dovetail.driver;

import java.nio.file.Path;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** Compiled kernels on a device. */
public final class CudaModule {
    private final CUmodule module = new CUmodule();

    CudaModule(Path file) {
        DriverCalls.check("cuModuleLoad(" + file + ")", JCudaDriver.cuModuleLoad(module, file.toString()));
    }

    /** A kernel, ready to be launched. */
    public static final class Function {
        private final String name;
        private final CUfunction handle = new CUfunction();

        private Function(CUmodule module, String name) {
            this.name = name;
            DriverCalls.check(
                    "cuModuleGetFunction(" + name + ")", JCudaDriver.cuModuleGetFunction(handle, module, name));
        }

        public String name() {
            return name;
        }

        CUfunction handle() {
            return handle;
        }
    }

    /** Finds a kernel by the name of its entry. */
    public Function function(String name) {
        return new Function(module, name);
    }

    void unload() {
        JCudaDriver.cuModuleUnload(module);
    }
}
