package dev.dovetail.backends.cuda.compile;

import dev.dovetail.backends.cuda.CudaKernel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Kernels as a folder that stands alone: one {@code .cu} file each, beside the header they include. */
public final class KernelFolder {
    private KernelFolder() {}

    /** Writes {@code kernels} to {@code folder}, created where it is missing, and returns every file written. */
    public static List<Path> write(Path folder, List<CudaKernel> kernels) throws IOException {
        Files.createDirectories(folder);
        var files = new ArrayList<>(List.of(DeviceHeader.DEVICE.writeTo(folder)));
        for (CudaKernel kernel : kernels) {
            files.add(Files.writeString(folder.resolve(kernel.fileName()), kernel.source()));
        }
        return files;
    }
}
