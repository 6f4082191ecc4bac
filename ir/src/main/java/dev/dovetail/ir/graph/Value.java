package dev.dovetail.ir.graph;

import dev.dovetail.ir.tensor.TensorType;

/** One tensor of a graph; {@code id} is unique within the layer it belongs to, {@code name} is for people. */
public record Value(int id, String name, TensorType type) {

    /** Graphs are full of maps by value, and few values share an id: dims need not be hashed for each look. */
    @Override
    public int hashCode() {
        return id;
    }

    @Override
    public String toString() {
        return "%" + name + "." + id;
    }
}
