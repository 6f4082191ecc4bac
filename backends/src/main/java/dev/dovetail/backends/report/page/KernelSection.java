package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;
import dev.dovetail.backends.report.data.KernelRow;
import dev.dovetail.backends.report.data.KernelRow.Build;
import dev.dovetail.ir.units.Seconds;
import java.util.ArrayList;
import java.util.List;

/** Generated CUDA kernels: what each was made for, and what its compiler said. */
final class KernelSection implements Section {
    @Override
    public String id() {
        return "kernels";
    }

    @Override
    public String title() {
        return "CUDA kernels";
    }

    @Override
    public boolean applies(ReportData data) {
        return !data.kernels().isEmpty();
    }

    @Override
    public void write(ReportData data, Html html) {
        Parts.lead(html, lead(data.kernels()));
        Parts.table(
                html,
                "Kernels, by file and architecture; registers and spills as the compiler reported them",
                List.of("kernel", "work", "architecture", "registers", "shared memory", "spills", "time (measured)"),
                data.kernels().stream().flatMap(kernel -> rows(kernel).stream()).toList());
    }

    private static String lead(List<KernelRow> kernels) {
        long spilling = kernels.stream()
                .filter(kernel -> kernel.builds().stream()
                        .anyMatch(build -> build.spills().count() > 0))
                .count();
        boolean compiled = kernels.stream().anyMatch(kernel -> !kernel.builds().isEmpty());
        String spills = spilling == 0
                ? "none spills registers"
                : Words.count(spilling) + " of them " + (spilling == 1 ? "spills" : "spill") + " registers";
        return Words.count(kernels.size(), "kernel") + ", "
                + (compiled ? spills + "." : "not compiled: no nvcc was at hand.");
    }

    private static List<List<String>> rows(KernelRow kernel) {
        String time = kernel.time().map(Seconds::toString).orElse("–");
        var rows = new ArrayList<List<String>>();
        for (Build build : kernel.builds()) {
            rows.add(List.of(
                    build.entry(),
                    kernel.work(),
                    build.architecture(),
                    Integer.toString(build.registers()),
                    build.shared().toString(),
                    build.spills().count() == 0 ? "none" : build.spills().toString(),
                    time));
        }
        if (rows.isEmpty()) {
            rows.add(List.of(kernel.name(), kernel.work(), "–", "–", "–", "–", time));
        }
        return rows;
    }
}
