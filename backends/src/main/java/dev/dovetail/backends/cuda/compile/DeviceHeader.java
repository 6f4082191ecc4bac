package dev.dovetail.backends.cuda.compile;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Texts shipped beside the generated kernels: the device functions, and what runs them on a CPU. */
public enum DeviceHeader {
    /** Included by every kernel. */
    DEVICE("dovetail_device.cuh", ""),
    /** Stands in for CUDA when a C++ compiler reads a kernel. */
    EMULATOR("dovetail_emulator.h", "emulator/"),
    /** Source of a {@code libcuda.so.1} that runs kernels on the CPU. */
    EMULATED_DRIVER("emulated_driver.cpp", "emulator/");

    private static final String FOLDER = "/dev/dovetail/backends/cuda/";

    private final String fileName;
    private final String folder;

    DeviceHeader(String fileName, String folder) {
        this.fileName = fileName;
        this.folder = folder;
    }

    public String fileName() {
        return fileName;
    }

    public String text() {
        try (InputStream stream = DeviceHeader.class.getResourceAsStream(FOLDER + folder + fileName)) {
            if (stream == null) {
                throw new IllegalStateException("the build left out " + FOLDER + folder + fileName);
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + fileName, e);
        }
    }

    public Path writeTo(Path target) {
        try {
            return Files.writeString(target.resolve(fileName), text());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + fileName + " to " + target, e);
        }
    }
}
