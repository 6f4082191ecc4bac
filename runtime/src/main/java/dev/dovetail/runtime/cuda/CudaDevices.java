package dev.dovetail.runtime.cuda;

import dev.dovetail.driver.CudaDevice;
import dev.dovetail.driver.CudaDriver;
import dev.dovetail.runtime.failure.JobFailure;
import dev.dovetail.runtime.memory.MachineMemory;
import dev.dovetail.runtime.memory.RankMemory;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The GPUs of this machine, dealt out to ranks in turn: several ranks may share one. */
public final class CudaDevices implements RankMemory.Source {
    private final Class<?> job;
    private final String module;
    /** Where the driver reads the module from, once it was asked for. */
    private Path unpacked = Path.of("");

    /**
     * @param job the class beside which the kernels lie
     * @param module name of the file with the kernels' machine code
     */
    public CudaDevices(Class<?> job, String module) {
        this.job = job;
        this.module = module;
    }

    @Override
    public void require(long bytes, String what) {
        if (CudaDriver.probe() instanceof CudaDriver.Absent absent) {
            throw new JobFailure(
                    what + " computes on NVIDIA GPUs, and " + absent.reason(),
                    "run it where there is a GPU, or compile the spec for this machine's processor: `--device cpu`");
        }
        try (CudaDevice first = CudaDevice.open(0)) {
            long free = first.freeBytes();
            int count = CudaDevice.count();
            if (bytes / count > free) {
                throw new JobFailure(
                        what + " needs " + MachineMemory.gigabytes(bytes) + " of device memory, and "
                                + MachineMemory.gigabytes(free) + " are free on each of " + count + " "
                                + first.name(),
                        "plan with less: a smaller micro-batch, `recompute full`, or a larger `shard`");
            }
        }
    }

    /** Rank r computes on device r modulo their count. */
    @Override
    public RankMemory allocate(int rank, String name, long bytes) {
        CudaDevice device = CudaDevice.open(rank % CudaDevice.count());
        return new CudaRankMemory(device, device.load(moduleFile()), bytes);
    }

    private synchronized Path moduleFile() {
        if (Files.exists(unpacked) && !unpacked.toString().isEmpty()) {
            return unpacked;
        }
        try (InputStream content = job.getResourceAsStream(module)) {
            if (content == null) {
                throw new IllegalStateException("the job was built without its kernels, " + module);
            }
            Path file = Files.createTempFile("dovetail-", "-" + module);
            file.toFile().deleteOnExit();
            Files.copy(content, file, StandardCopyOption.REPLACE_EXISTING);
            unpacked = file;
            return file;
        } catch (IOException e) {
            throw new JobFailure(
                    "the job's kernels cannot be unpacked: " + e.getMessage(),
                    "free space in `" + System.getProperty("java.io.tmpdir") + "`",
                    e);
        }
    }
}
