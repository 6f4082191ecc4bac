package dev.dovetail.backends.cpu;

import com.palantir.javapoet.ClassName;

/** Runtime types that generated kernels mention; the only place that knows them. */
public final class RuntimeNames {
    private RuntimeNames() {}

    /**
     * The threads of one rank: {@code parallel(extent, (worker, from, to) -> …)} and scratch by {@code floats(worker, size)}
     * and {@code doubles(worker, size)}.
     */
    public static final ClassName WORKERS = ClassName.get("dev.dovetail.runtime.rank", "Workers");

    /** Functions of vectors that give the same bits in interpreted and in compiled code. */
    public static final ClassName LANE_MATH = ClassName.get("dev.dovetail.runtime.lanes", "LaneMath");

    public static final ClassName ERROR_FUNCTION = ClassName.get("dev.dovetail.runtime.lanes", "ErrorFunction");
}
