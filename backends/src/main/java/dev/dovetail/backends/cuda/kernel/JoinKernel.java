package dev.dovetail.backends.cuda.kernel;

import dev.dovetail.backends.cuda.CudaKernel;
import dev.dovetail.backends.cuda.CudaWriter;
import dev.dovetail.backends.cuda.IndexLoops;
import dev.dovetail.backends.cuda.KernelFile;
import dev.dovetail.backends.cuda.KernelRequest;
import dev.dovetail.backends.cuda.LaunchShape;
import dev.dovetail.ir.op.Part;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;

/** Rows laid side by side, and parts of rows: one thread per element copied. */
public final class JoinKernel {
    private static final int THREADS = 256;

    private JoinKernel() {}

    public static CudaKernel join(KernelRequest request) {
        var operands = request.work().operands();
        var names = new ArrayList<String>();
        for (int i = 0; i < operands.size(); i++) {
            names.add("part" + i);
        }
        var file = new KernelFile(request, names, List.of("joined"));
        TensorType joined = request.work().results().getFirst();
        long first = 0;
        for (int i = 0; i < operands.size(); i++) {
            long length = operands.get(i).dims().getLast().bound();
            copy(file, names.get(i), operands.get(i), 0, "joined", joined, first, length);
            first += length;
        }
        return file.choose("one thread per element, one entry per operand").build();
    }

    public static CudaKernel part(KernelRequest request, Part op) {
        var work = request.work();
        var file = new KernelFile(request, List.of("whole"), List.of("kept"));
        TensorType kept = work.results().getFirst();
        copy(
                file,
                "whole",
                work.operands().getFirst(),
                op.first(),
                "kept",
                kept,
                0,
                op.kept().bound());
        return file.choose("one thread per element").build();
    }

    /** Copies {@code length} elements of each row; the operand repeats along the dims that it lacks. */
    private static void copy(
            KernelFile file,
            String from,
            TensorType source,
            long skipped,
            String to,
            TensorType target,
            long first,
            long length) {
        List<Dim> rows = target.dims().subList(0, target.dims().size() - 1);
        String index = KernelFile.indexType(List.of(source, target));
        var apart = rows.stream().map(Dim::name).toList();
        IndexLoops loops = IndexLoops.over(rows, List.of(source, target), apart);
        var body = new CudaWriter();
        body.line("const %s at = static_cast<%s>(blockIdx.x) * %d + static_cast<%s>(threadIdx.x);"
                .formatted(index, index, THREADS, index));
        body.line("const %s row = at / %d;".formatted(index, length));
        body.line("const %s column = at %% %d;".formatted(index, length));
        body.open("if (row >= " + loops.length() + ")").line("return;").close();
        loops.decompose(body, index, "row");
        body.line("%s[%s + %d + column] = %s[%s + %d + column];"
                .formatted(to, loops.offset(target), first, from, loops.offset(source), skipped));
        var elements = new ArrayList<>(rows);
        elements.add(Dim.of("column", length));
        String suffix = to.equals("joined") ? from : "";
        file.entry(suffix, LaunchShape.linear(elements, THREADS, THREADS), body.toString());
    }
}
