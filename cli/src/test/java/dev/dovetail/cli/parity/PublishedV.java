package dev.dovetail.cli.parity;

import dev.dovetail.ir.plan.Decision.Schedule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The passes of a rank in a V as their authors' figures have them, pass by pass: ZB-V of Sea AI Lab, and DualPipe cut in half.
 * {@code F1.3} is the forward pass of micro-batch 3 over the second chunk, B what the rank before waits for, W gradients of weights.
 */
final class PublishedV {
    private final List<String> passes = new ArrayList<>();
    private final Map<String, Integer> count = new HashMap<>();
    private final List<String> waiting = new ArrayList<>();
    private final int microbatches;

    private PublishedV(int microbatches) {
        this.microbatches = microbatches;
    }

    static List<String> passes(Schedule schedule, int ranks, int microbatches, int rank) {
        var figure = new PublishedV(microbatches);
        if (schedule == Schedule.ZB_V) {
            figure.zeroBubble(ranks, rank);
        } else {
            figure.dualPipe(ranks, rank);
        }
        return figure.passes;
    }

    /** The next pass of a kind; what the figure has more micro-batches for than there are is left out. */
    private void add(String kind) {
        int number = count.merge(kind, 1, Integer::sum) - 1;
        if (number < microbatches) {
            passes.add(kind + "." + number);
        }
    }

    private void zeroBubble(int ranks, int rank) {
        int all = Math.max(microbatches, 2 * ranks - 1);
        for (int i = 0; i < 2 * (ranks - rank) - 1; i++) {
            add("F0");
        }
        for (int i = 0; i < rank; i++) {
            add("F1");
            add("F0");
        }
        for (int i = 0; i < ranks - rank; i++) {
            add("F1");
            whole("1");
        }
        while (count.get("F1") < all) {
            add("F0");
            whole("0");
            add("F1");
            whole("1");
        }
        for (int i = 0; i < rank; i++) {
            add("B0");
            add("B1");
        }
        for (int i = 0; i < ranks - rank; i++) {
            whole("0");
        }
        for (String chunk : List.of("1", "0")) {
            while (count.get("W" + chunk) < all) {
                add("W" + chunk);
            }
        }
    }

    private void whole(String chunk) {
        add("B" + chunk);
        add("W" + chunk);
    }

    /** Gradients of weights that a backward pass puts off are made later, first come, first served. */
    private void putOff(String chunk) {
        add("B" + chunk);
        waiting.add(chunk);
    }

    private void dualPipe(int ranks, int rank) {
        int all = Math.max(microbatches, 2 * ranks);
        int behind = ranks - rank - 1;
        for (int i = 0; i < 2 * behind; i++) {
            add("F0");
        }
        for (int i = 0; i < rank + 1; i++) {
            add("F0");
            add("F1");
        }
        for (int i = 0; i < behind; i++) {
            whole("1");
            add("F1");
        }
        for (int i = 0; i < all - 2 * ranks + rank + 1; i++) {
            add("F0");
            whole("1");
            add("F1");
            whole("0");
        }
        for (int i = 0; i < behind; i++) {
            whole("1");
            add("F1");
            whole("0");
        }
        for (int i = 0; i < 2 * (rank + 1); i++) {
            String chunk = i % 2 == 0 ? "1" : "0";
            if (i >= rank + 1) {
                putOff(chunk);
            } else {
                whole(chunk);
            }
        }
        for (int i = 0; i < behind; i++) {
            add("W" + waiting.removeFirst());
            putOff("0");
        }
        waiting.forEach(chunk -> add("W" + chunk));
    }
}
