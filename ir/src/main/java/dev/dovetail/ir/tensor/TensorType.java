package dev.dovetail.ir.tensor;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Element type and named dims of a tensor, stored row-major in the order listed. */
public record TensorType(ElementType element, List<Dim> dims) {

    public TensorType {
        dims = List.copyOf(dims);
        for (int i = 1; i < dims.size(); i++) {
            String name = dims.get(i).name();
            for (int before = 0; before < i; before++) {
                if (dims.get(before).name().equals(name)) {
                    throw new IllegalArgumentException("dim " + name + " appears twice in " + dims);
                }
            }
        }
    }

    public static TensorType of(ElementType element, Dim... dims) {
        return new TensorType(element, List.of(dims));
    }

    /** Elements at the bound of every dim. */
    public long elements() {
        long product = 1;
        for (Dim dim : dims) {
            product = Math.multiplyExact(product, dim.bound());
        }
        return product;
    }

    /** Bytes at the bound of every dim. */
    public long bytes() {
        return Math.multiplyExact(elements(), (long) element.bytes());
    }

    public boolean has(String dim) {
        return find(dim).isPresent();
    }

    public Optional<Dim> find(String name) {
        for (Dim dim : dims) {
            if (dim.name().equals(name)) {
                return Optional.of(dim);
            }
        }
        return Optional.empty();
    }

    public Dim dim(String name) {
        return find(name).orElseThrow(() -> new IllegalArgumentException("no dim " + name + " in " + this));
    }

    public List<String> names() {
        var names = new ArrayList<String>(dims.size());
        dims.forEach(dim -> names.add(dim.name()));
        return names;
    }

    /** The dims named, in the order of {@code names}. */
    public List<Dim> select(Collection<String> names) {
        return names.stream().map(this::dim).toList();
    }

    public TensorType without(Collection<String> names) {
        return new TensorType(
                element,
                dims.stream().filter(dim -> !names.contains(dim.name())).toList());
    }

    public TensorType withElement(ElementType other) {
        return new TensorType(other, dims);
    }

    /** The same tensor with dim {@code name} of another extent; unchanged where it lacks the dim. */
    public TensorType withExtent(String name, Extent extent) {
        var changed = new ArrayList<Dim>();
        for (Dim dim : dims) {
            changed.add(dim.name().equals(name) ? new Dim(name, extent) : dim);
        }
        return new TensorType(element, changed);
    }

    @Override
    public String toString() {
        return element.name().toLowerCase(java.util.Locale.ROOT)
                + dims.stream().map(Dim::toString).collect(Collectors.joining(", ", "[", "]"));
    }
}
