package dev.dovetail.backends.cuda;

/** Lines of CUDA C++ with their indentation. */
public final class CudaWriter {
    private static final String STEP = "    ";

    private final StringBuilder text = new StringBuilder();
    private int depth;

    public CudaWriter blank() {
        text.append('\n');
        return this;
    }

    public CudaWriter line(String line) {
        text.append(STEP.repeat(depth)).append(line).append('\n');
        return this;
    }

    public CudaWriter comment(String why) {
        return line("// " + why);
    }

    /** Begins a block: {@code if (x)} becomes <code>if (x) {</code>. */
    public CudaWriter open(String head) {
        line(head + " {");
        depth++;
        return this;
    }

    public CudaWriter close() {
        return close("");
    }

    /** Ends a block, with what follows the brace. */
    public CudaWriter close(String tail) {
        depth--;
        return line("}" + tail);
    }

    /** Several lines, indented relative to here. */
    public CudaWriter lines(String block) {
        block.lines().forEach(line -> {
            if (line.isBlank()) {
                blank();
            } else {
                line(line);
            }
        });
        return this;
    }

    /** A named number known when the kernel is generated. */
    public CudaWriter constant(String name, long value) {
        return line((value == (int) value ? "constexpr int " : "constexpr long long ") + name + " = " + value + ";");
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
