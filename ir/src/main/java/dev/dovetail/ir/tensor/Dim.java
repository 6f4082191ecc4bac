package dev.dovetail.ir.tensor;

/** A named dimension of a tensor; parallelism maps names, never positions, onto mesh axes. */
public record Dim(String name, Extent extent) {

    public static Dim of(String name, long length) {
        return new Dim(name, Extent.of(length));
    }

    public long bound() {
        return extent.bound();
    }

    public Dim dividedBy(int ways) {
        return new Dim(name, extent.dividedBy(ways));
    }

    @Override
    public String toString() {
        return name + "=" + extent;
    }
}
