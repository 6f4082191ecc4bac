package dev.dovetail.cli.kernels;

import dev.dovetail.backends.cuda.CudaEntry;
import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.compile.CompiledModule;
import dev.dovetail.backends.cuda.compile.KernelResources;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What kernels take of a multiprocessor, as the JSON of checks and of {@code cuda/resources.json} says it. */
public final class ResourcesJson {
    private ResourcesJson() {}

    /** @param compiler as the compiler names itself */
    public static Map<String, Object> of(List<CudaKernel> kernels, CompiledModule module, String compiler) {
        var answer = new LinkedHashMap<String, Object>();
        answer.put("schema", 1);
        answer.put("compiler", compiler);
        answer.put(
                "kernels",
                kernels.stream().map(kernel -> kernel(kernel, module)).toList());
        return answer;
    }

    private static Map<String, Object> kernel(CudaKernel kernel, CompiledModule module) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("kernel", kernel.name());
        fields.put("file", kernel.fileName());
        fields.put("operator", kernel.work().label());
        fields.put(
                "entries", of(kernel, module).stream().map(ResourcesJson::entry).toList());
        return fields;
    }

    /** What the compiler said of one kernel. */
    public static List<KernelResources> of(CudaKernel kernel, CompiledModule module) {
        List<String> entries = kernel.entries().stream().map(CudaEntry::name).toList();
        return module.resources().stream()
                .filter(said -> entries.contains(said.entry()))
                .toList();
    }

    static Map<String, Object> entry(KernelResources resources) {
        var fields = new LinkedHashMap<String, Object>();
        fields.put("entry", resources.entry());
        fields.put("architecture", resources.architecture());
        fields.put("registers", resources.registers());
        fields.put("shared_bytes", resources.sharedBytes());
        fields.put("spill_bytes", resources.spillStoreBytes() + resources.spillLoadBytes());
        return fields;
    }
}
