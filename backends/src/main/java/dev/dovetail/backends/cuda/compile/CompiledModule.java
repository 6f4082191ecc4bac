package dev.dovetail.backends.cuda.compile;

import java.nio.file.Path;
import java.util.List;

/** A module a driver can load, and what its entries take. */
public record CompiledModule(Path file, List<KernelResources> resources) {

    public CompiledModule {
        resources = List.copyOf(resources);
    }
}
