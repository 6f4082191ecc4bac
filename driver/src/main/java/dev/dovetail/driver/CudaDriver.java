package dev.dovetail.driver;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;

/** Whether this machine has a CUDA driver and a device, asked without loading JCuda: its own failures are not recoverable. */
public sealed interface CudaDriver {

    /** A driver that started. */
    record Ready() implements CudaDriver {}

    /** No driver or no device. */
    record Absent(String reason) implements CudaDriver {}

    /** Looks for the library that NVIDIA's driver installs. */
    static CudaDriver probe() {
        return probe("libcuda.so.1");
    }

    /** Looks for a driver under another name. */
    static CudaDriver probe(String name) {
        try (Arena arena = Arena.ofConfined()) {
            SymbolLookup library = SymbolLookup.libraryLookup(name, arena);
            var init = Linker.nativeLinker()
                    .downcallHandle(
                            library.findOrThrow("cuInit"),
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));
            int code = (int) init.invokeExact(0);
            return switch (code) {
                case 0 -> new Ready();
                case 100 -> new Absent("the CUDA driver finds no device");
                default -> new Absent("the CUDA driver does not start (cuInit gives " + code + ")");
            };
        } catch (IllegalArgumentException noLibrary) {
            return new Absent("no CUDA driver: " + name + " is not installed");
        } catch (Throwable unexpected) {
            return new Absent("the CUDA driver cannot be called: " + unexpected.getMessage());
        }
    }
}
