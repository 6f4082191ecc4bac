package dev.dovetail.optimizer.search;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Rows of equal things, each of which is done in one of several ways: how many in which way, so that all fit and take least time
 * (a multiple-choice knapsack). Were things divisible, it would be told by the steps from way to way in the order of what bytes
 * cost (Sinha and Zoltners 1979). Rounding that up misses the best by one thing's step at most, so whatever cannot come
 * closer, were the rest divisible, is never looked at: what is left is decided exactly, by dominance. How long that takes grows
 * with the number of rows, not with what is in them.
 */
final class Knapsack {
    private final List<Row> rows;
    private final double room;
    private final List<Step> steps;
    private final Divisible all;
    /** Seconds that the best takes at most; infinite where nothing fits. */
    private final double most;
    /** Seconds that sums may be off by. */
    private final double slack;

    /**
     * @param things alike
     * @param bytes of one, by way
     * @param seconds of one, by way
     * @param ways that may be taken, by number
     */
    record Row(int things, double[] bytes, double[] seconds, int[] ways) {}

    /** @param counts things by row and way */
    record Filled(double bytes, double seconds, int[][] counts) {}

    /** Some of the rows decided: what they take. */
    private record Partly(double bytes, double seconds, int[] counts, Partly before) {}

    /** From one way to another that takes fewer bytes and more time. */
    private record Step(int row, int from, int to, double bytes, double seconds) {
        double price() {
            return seconds / bytes;
        }
    }

    /** @param rows each with some way */
    Knapsack(List<Row> rows, double room) {
        this.rows = List.copyOf(rows);
        this.room = room;
        this.steps = steps(rows);
        this.all = new Divisible(rows, steps, rows);
        this.slack = Goal.ROUNDING * largest(rows);
        this.most = all.rounded(room) + slack;
    }

    /** Seconds of either sign add up to no more: doing a thing again may save moving it. */
    private static double largest(List<Row> rows) {
        return rows.stream()
                .mapToDouble(row -> row.things()
                        * Arrays.stream(row.seconds()).map(Math::abs).max().orElse(0))
                .sum();
    }

    /** Seconds that no way to fill it goes below; infinite where nothing fits. */
    double least() {
        return all.seconds(room) - slack;
    }

    /** The least seconds, with the fewest bytes of equals; empty where nothing fits. */
    Optional<Filled> filled() {
        if (Double.isInfinite(most)) {
            return Optional.empty();
        }
        List<Partly> partly = List.of(new Partly(0, 0, new int[0], null));
        for (int row = 0; row < rows.size(); row++) {
            partly = extended(partly, new Ways(row).found(), behind(row));
        }
        return partly.isEmpty() ? Optional.empty() : Optional.of(unrolled(partly.getLast()));
    }

    /** The rows that are yet to be decided. */
    private Divisible behind(int row) {
        List<Step> theirs = steps.stream().filter(step -> step.row() > row).toList();
        return new Divisible(rows.subList(row + 1, rows.size()), theirs, rows);
    }

    private Filled unrolled(Partly best) {
        int[][] counts = new int[rows.size()][];
        Partly at = best;
        for (int row = counts.length - 1; row >= 0; row--) {
            counts[row] = at.counts();
            at = at.before();
        }
        return new Filled(best.bytes(), best.seconds(), counts);
    }

    private List<Partly> extended(List<Partly> partly, List<Partly> ways, Divisible rest) {
        var all = new ArrayList<Partly>();
        for (Partly before : partly) {
            for (Partly way : ways) {
                double bytes = before.bytes() + way.bytes();
                double seconds = before.seconds() + way.seconds();
                if (bytes <= room && seconds + rest.seconds(room - bytes) <= most) {
                    all.add(new Partly(bytes, seconds, way.counts(), before));
                }
            }
        }
        return undominated(all);
    }

    /** Fewest bytes first; each that follows is faster than all before. */
    private static List<Partly> undominated(List<Partly> all) {
        all.sort((a, b) -> {
            int smaller = Double.compare(a.bytes(), b.bytes());
            return smaller != 0 ? smaller : Double.compare(a.seconds(), b.seconds());
        });
        var kept = new ArrayList<Partly>();
        double fastest = Double.POSITIVE_INFINITY;
        for (Partly each : all) {
            if (each.seconds() < fastest) {
                fastest = each.seconds();
                kept.add(each);
            }
        }
        return kept;
    }

    private static List<Step> steps(List<Row> rows) {
        var all = new ArrayList<Step>();
        for (int row = 0; row < rows.size(); row++) {
            all.addAll(steps(rows.get(row), row, rows.get(row).ways()));
        }
        all.sort(Comparator.comparingDouble(Step::price));
        return all;
    }

    /** The lower hull of bytes and seconds, from the fastest way on. */
    private static List<Step> steps(Row row, int number, int[] ways) {
        var all = new ArrayList<Step>();
        int at = fastest(row, ways);
        while (at >= 0) {
            int next = -1;
            double cheapest = Double.POSITIVE_INFINITY;
            for (int way : ways) {
                double fewer = row.bytes()[at] - row.bytes()[way];
                double price = (row.seconds()[way] - row.seconds()[at]) / fewer;
                if (fewer > 0 && (next < 0 || price < cheapest)) {
                    cheapest = price;
                    next = way;
                }
            }
            if (next >= 0) {
                double longer = row.seconds()[next] - row.seconds()[at];
                all.add(new Step(number, at, next, row.bytes()[at] - row.bytes()[next], longer));
            }
            at = next;
        }
        return all;
    }

    private static int fastest(Row row, int[] ways) {
        int fastest = ways[0];
        for (int way : ways) {
            int difference = Double.compare(row.seconds()[way], row.seconds()[fastest]);
            boolean leaner = row.bytes()[way] < row.bytes()[fastest];
            fastest = difference < 0 || difference == 0 && leaner ? way : fastest;
        }
        return fastest;
    }

    /** Some of the rows, were things divisible. */
    private static final class Divisible {
        /** All in the fastest way. */
        private final double bytes;

        private final double seconds;
        private final List<Step> steps;
        /** After so many whole steps: bytes given up, and what they cost. */
        private final double[] fewer;

        private final double[] longer;

        /**
         * @param some of {@code rows}
         * @param steps of these, the cheapest first
         */
        Divisible(List<Row> some, List<Step> steps, List<Row> rows) {
            double sumOfBytes = 0;
            double sumOfSeconds = 0;
            for (Row row : some) {
                int fastest = fastest(row, row.ways());
                sumOfBytes += row.things() * row.bytes()[fastest];
                sumOfSeconds += row.things() * row.seconds()[fastest];
            }
            this.bytes = sumOfBytes;
            this.seconds = sumOfSeconds;
            this.steps = steps;
            this.fewer = new double[steps.size() + 1];
            this.longer = new double[steps.size() + 1];
            for (int i = 0; i < steps.size(); i++) {
                int things = rows.get(steps.get(i).row()).things();
                fewer[i + 1] = fewer[i] + things * steps.get(i).bytes();
                longer[i + 1] = longer[i] + things * steps.get(i).seconds();
            }
        }

        /** How many steps are taken to the end where {@code room} is given; -1 where all are not enough. */
        private int whole(double over) {
            int at = Arrays.binarySearch(fewer, over);
            int next = at < 0 ? -at - 1 : at;
            return over <= 0 ? 0 : next < fewer.length ? next - 1 : -1;
        }

        /** At least; infinite where they do not fit. */
        double seconds(double room) {
            double over = bytes - room;
            if (over <= 0) {
                return seconds;
            }
            int whole = whole(over);
            return whole < 0
                    ? Double.POSITIVE_INFINITY
                    : seconds
                            + longer[whole]
                            + (over - fewer[whole]) * steps.get(whole).price();
        }

        /** The same where the last thing to change does so as a whole: no less than the best. */
        double rounded(double room) {
            double over = bytes - room;
            double least = seconds(room);
            return over <= 0 || Double.isInfinite(least)
                    ? least
                    : least + steps.get(whole(over)).seconds();
        }
    }

    /** Every number of a row's things in each way with which all rows may yet come close enough to the best. */
    private final class Ways {
        private final Row row;
        private final int number;
        private final double othersBytes;
        private final double othersSeconds;
        /** By how many ways are decided: steps of all other rows and those between the ways left, the cheapest first. */
        private final List<List<Step>> steps = new ArrayList<>();

        private final List<Partly> found = new ArrayList<>();

        Ways(int number) {
            this.number = number;
            this.row = rows.get(number);
            List<Step> others = Knapsack.this.steps.stream()
                    .filter(step -> step.row() != number)
                    .toList();
            var rest = new ArrayList<>(rows);
            rest.remove(number);
            var divisible = new Divisible(rest, List.of(), rows);
            this.othersBytes = divisible.bytes;
            this.othersSeconds = divisible.seconds;
            for (int decided = 0; decided < row.ways().length; decided++) {
                var all = new ArrayList<>(others);
                all.addAll(steps(row, number, left(decided)));
                all.sort(Comparator.comparingDouble(Step::price));
                steps.add(all);
            }
        }

        private int[] left(int decided) {
            return Arrays.copyOfRange(row.ways(), decided, row.ways().length);
        }

        List<Partly> found() {
            add(0, row.things(), 0, 0, new int[row.bytes().length]);
            return undominated(found);
        }

        /** The time of all rows is convex in how many things go one way: from the best number on, both ways until it is too long. */
        private void add(int decided, int left, double bytes, double seconds, int[] counts) {
            if (decided == row.ways().length - 1) {
                counts[row.ways()[decided]] = left;
                addOne(counts);
                counts[row.ways()[decided]] = 0;
                return;
            }
            int way = row.ways()[decided];
            int best = (int) Math.floor(best(decided, left, bytes));
            int first = best + 1;
            while (first > 0 && isWorthwhile(decided, left, first - 1, bytes, seconds)) {
                first--;
            }
            for (int n = first; n <= left; n++) {
                if (n > best && !isWorthwhile(decided, left, n, bytes, seconds)) {
                    break;
                }
                counts[way] = n;
                add(decided + 1, left - n, bytes + n * row.bytes()[way], seconds + n * row.seconds()[way], counts);
            }
            counts[way] = 0;
        }

        private boolean isWorthwhile(int decided, int left, int n, double bytes, double seconds) {
            int way = row.ways()[decided];
            double least = least(decided + 1, left - n, bytes + n * row.bytes()[way], seconds + n * row.seconds()[way]);
            return least <= most;
        }

        private double over(int decided, int left, double bytes) {
            return bytes + othersBytes + left * row.bytes()[fastest(row, left(decided))] - room;
        }

        private int times(Step step, int left) {
            return step.row() == number ? left : rows.get(step.row()).things();
        }

        /** Seconds of all rows, were what is left divisible. */
        private double least(int decided, int left, double bytes, double seconds) {
            double over = over(decided, left, bytes);
            double sum = seconds + othersSeconds + left * row.seconds()[fastest(row, left(decided))];
            for (Step step : steps.get(decided)) {
                if (over <= 0) {
                    break;
                }
                double all = times(step, left) * step.bytes();
                sum += all <= 0 ? 0 : Math.min(1, over / all) * times(step, left) * step.seconds();
                over -= all;
            }
            return over > 0 ? Double.POSITIVE_INFINITY : sum;
        }

        /** How many things would go the next way, were they divisible. */
        private double best(int decided, int left, double bytes) {
            int way = row.ways()[decided];
            double count = fastest(row, left(decided)) == way ? left : 0;
            double over = over(decided, left, bytes);
            for (Step step : steps.get(decided)) {
                if (over <= 0) {
                    break;
                }
                double all = times(step, left) * step.bytes();
                if (step.row() == number && all > 0) {
                    double moved = left * Math.min(1, over / all);
                    count += step.to() == way ? moved : step.from() == way ? -moved : 0;
                }
                over -= all;
            }
            return Math.clamp(count, 0, left);
        }

        private void addOne(int[] counts) {
            double kept = 0;
            double longer = 0;
            for (int way = 0; way < counts.length; way++) {
                kept += counts[way] * row.bytes()[way];
                longer += counts[way] * row.seconds()[way];
            }
            if (kept <= room) {
                found.add(new Partly(kept, longer, counts.clone(), null));
            }
        }
    }
}
