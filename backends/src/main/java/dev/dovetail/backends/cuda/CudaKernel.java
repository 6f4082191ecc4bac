package dev.dovetail.backends.cuda;

import java.util.List;

/**
 * A generated kernel: the text of one {@code .cu} file whose entries, launched in order with the same parameters, do the
 * work.
 */
public record CudaKernel(
        String name, KernelWork work, CudaSignature signature, List<CudaEntry> entries, String source) {

    public CudaKernel {
        entries = List.copyOf(entries);
    }

    public String fileName() {
        return name + ".cu";
    }
}
