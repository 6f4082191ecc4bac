package dev.dovetail.ir.timing;

import java.util.Arrays;

/** Stages by the time at which something happens to them, soonest first; equal times in the order of the stages. */
final class StageQueue {
    private double[] times = new double[16];
    private int[] stages = new int[16];
    private int size;

    boolean isEmpty() {
        return size == 0;
    }

    int size() {
        return size;
    }

    double soonest() {
        return size == 0 ? Double.POSITIVE_INFINITY : times[0];
    }

    void add(double time, int stage) {
        if (size == times.length) {
            times = Arrays.copyOf(times, 2 * size);
            stages = Arrays.copyOf(stages, 2 * size);
        }
        int at = size++;
        times[at] = time;
        stages[at] = stage;
        while (at > 0 && before(at, (at - 1) / 2)) {
            swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    /** Takes out the stage whose time is soonest. */
    int poll() {
        int stage = stages[0];
        size--;
        times[0] = times[size];
        stages[0] = stages[size];
        int at = 0;
        for (int child = smallerChild(at); child < size && before(child, at); child = smallerChild(at)) {
            swap(at, child);
            at = child;
        }
        return stage;
    }

    private int smallerChild(int at) {
        int left = 2 * at + 1;
        return left + 1 < size && before(left + 1, left) ? left + 1 : left;
    }

    private boolean before(int a, int b) {
        return times[a] < times[b] || (times[a] == times[b] && stages[a] < stages[b]);
    }

    private void swap(int a, int b) {
        double time = times[a];
        times[a] = times[b];
        times[b] = time;
        int stage = stages[a];
        stages[a] = stages[b];
        stages[b] = stage;
    }
}
