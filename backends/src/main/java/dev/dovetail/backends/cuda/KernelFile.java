package dev.dovetail.backends.cuda;

import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The text of one kernel as it grows: header, declarations, entries. */
public final class KernelFile {
    private final KernelRequest request;
    private final CudaSignature signature;
    private final ElementType real;
    private final CudaWriter declarations = new CudaWriter();
    private final CudaWriter functions = new CudaWriter();
    private final List<CudaEntry> entries = new ArrayList<>();
    private final List<String> choices = new ArrayList<>();

    public KernelFile(KernelRequest request, List<String> operands, List<String> results) {
        this.request = request;
        this.signature = CudaSignature.of(request.work(), operands, results);
        this.real = StorageType.arithmetic(CudaSignature.types(request.work()));
    }

    public KernelWork work() {
        return request.work();
    }

    /** What arithmetic, statistics and accumulators are done in; {@code real} in the text. */
    public ElementType real() {
        return real;
    }

    /** Where constants and device functions of this kernel go. */
    public CudaWriter declarations() {
        return declarations;
    }

    /** Notes a choice the generator made itself, such as a tile. */
    public KernelFile choose(String choice) {
        choices.add(choice);
        return this;
    }

    /** The type that counts elements of these tensors: int where that is enough. */
    public static String indexType(List<TensorType> tensors) {
        // Blocks of up to 1024 threads may count a little past the end.
        long largest = tensors.stream().mapToLong(TensorType::elements).max().orElse(0);
        return largest < Integer.MAX_VALUE - (1 << 20) ? "int" : "long long";
    }

    /** Adds the kernel's only entry, called as the kernel. */
    public KernelFile entry(LaunchShape shape, String body) {
        return entry("", shape, body);
    }

    /** Adds an entry called {@code <kernel>_<suffix>}; pointers are declared for the tensors that {@code body} names. */
    public KernelFile entry(String suffix, LaunchShape shape, String body) {
        String name = request.name() + (suffix.isEmpty() ? "" : "_" + suffix);
        String indent = " ".repeat(name.length() + 1);
        functions.blank();
        functions.line("extern \"C\" __global__ void __launch_bounds__(" + shape.threads() + ")");
        functions.lines(name + "(" + signature.parameters(indent) + ") {");
        var inner = new CudaWriter().open("");
        pointers(inner, signature.operands(), work().operands(), "const ", body);
        pointers(inner, signature.results(), work().results(), "", body);
        inner.lines(body);
        functions.lines(inner.toString().lines().skip(1).reduce("", (a, b) -> a + b + "\n"));
        functions.line("}");
        entries.add(new CudaEntry(name, shape));
        return this;
    }

    private static void pointers(
            CudaWriter writer, List<String> names, List<TensorType> types, String qualifier, String body) {
        for (int i = 0; i < names.size(); i++) {
            if (Pattern.compile("\\b" + names.get(i) + "\\b").matcher(body).find()) {
                String type = qualifier + StorageType.of(types.get(i).element());
                writer.line("%s* %s = tensor<%s>(memory, %s_at);".formatted(type, names.get(i), type, names.get(i)));
            }
        }
    }

    public CudaKernel build() {
        var text = new CudaWriter();
        header(text);
        text.line("#include \"dovetail_device.cuh\"").blank();
        text.line("namespace " + request.name() + "_kernel {").blank();
        text.line("using namespace dovetail;");
        if (uses("real")) {
            text.line("using real = " + StorageType.of(real) + ";");
        }
        text.lines(declarations.toString());
        text.lines(functions.toString()).blank();
        text.line("}  // namespace " + request.name() + "_kernel");
        return new CudaKernel(request.name(), work(), signature, entries, text.toString());
    }

    private boolean uses(String word) {
        return Pattern.compile("\\b" + word + "\\b")
                .matcher(declarations + functions.toString())
                .find();
    }

    private void header(CudaWriter text) {
        text.comment(request.name()).line("//");
        text.comment("operator  " + work().label());
        tensors(text, "reads   ", signature.operands(), work().operands());
        tensors(text, "writes  ", signature.results(), work().results());
        KernelProvenance provenance = request.provenance();
        text.comment("spec      " + provenance.specFile() + ":" + provenance.line());
        text.comment("used by   " + provenance.usedBy());
        text.comment("plan      " + String.join(", ", provenance.choices()));
        text.comment("kernel    " + String.join(", ", choices));
        entries.forEach(entry -> text.comment("launch    " + entry.name() + ": " + entry.shape()));
        text.line("//").comment(CudaKernel.MARK + " Offsets are bytes from the start of the rank's memory.");
    }

    private static void tensors(CudaWriter text, String verb, List<String> names, List<TensorType> types) {
        for (int i = 0; i < names.size(); i++) {
            text.comment("%s  %s %s".formatted(verb, names.get(i), types.get(i)));
        }
    }
}
