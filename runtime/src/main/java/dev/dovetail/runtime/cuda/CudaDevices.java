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
import java.util.Optional;
import java.util.function.Supplier;

/** The GPUs of this machine, dealt out to ranks in turn: several ranks may share one. */
public final class CudaDevices implements RankMemory.Source {
    private final Supplier<Path> module;

    /**
     * @param job the class beside which the kernels lie
     * @param module name of the file with the kernels' machine code
     */
    public CudaDevices(Class<?> job, String module) {
        this(new Unpacked(job, module));
    }

    /** @param module where the kernels' machine code lies */
    public CudaDevices(Path module) {
        this(() -> module);
    }

    private CudaDevices(Supplier<Path> module) {
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
        return new CudaRankMemory(device, device.load(module.get()), bytes);
    }

    /** A file beside a class, unpacked for the driver when it is first asked for. */
    private static final class Unpacked implements Supplier<Path> {
        private final Class<?> job;
        private final String name;
        private Optional<Path> file = Optional.empty();

        Unpacked(Class<?> job, String name) {
            this.job = job;
            this.name = name;
        }

        @Override
        public synchronized Path get() {
            if (file.isEmpty()) {
                file = Optional.of(unpack());
            }
            return file.get();
        }

        private Path unpack() {
            try (InputStream content = job.getResourceAsStream(name)) {
                if (content == null) {
                    throw new IllegalStateException("the job was built without its kernels, " + name);
                }
                Path unpacked = Files.createTempFile("dovetail-", "-" + name);
                unpacked.toFile().deleteOnExit();
                Files.copy(content, unpacked, StandardCopyOption.REPLACE_EXISTING);
                return unpacked;
            } catch (IOException e) {
                throw new JobFailure(
                        "the job's kernels cannot be unpacked: " + e.getMessage(),
                        "free space in `" + System.getProperty("java.io.tmpdir") + "`",
                        e);
            }
        }
    }
}
