package dev.dovetail.optimizer.search;

import java.util.List;
import java.util.function.Function;

/**
 * What the stages of a pipeline have each, which may run on nodes of different kinds.
 *
 * @param nodes by stage, its kind of node, from 1; empty where all are alike, or it is open which they are
 * @param kinds by kind of node
 */
record ByStage<T>(List<Integer> nodes, List<T> kinds) {

    static <T> ByStage<T> alike(T all) {
        return new ByStage<>(List.of(), List.of(all));
    }

    private int place(int stage) {
        return nodes.isEmpty() ? 0 : nodes.get(stage) - 1;
    }

    T at(int stage) {
        return kinds.get(place(stage));
    }

    /** Whichever: for what is the same on all. */
    T any() {
        return kinds.getFirst();
    }

    /** Of every kind of node that has a stage. */
    List<T> used() {
        return nodes.isEmpty()
                ? kinds
                : nodes.stream().distinct().map(kind -> kinds.get(kind - 1)).toList();
    }

    <R> ByStage<R> map(Function<T, R> make) {
        return new ByStage<>(nodes, kinds.stream().map(make).toList());
    }
}
