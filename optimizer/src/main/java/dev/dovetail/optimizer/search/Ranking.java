package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.optimizer.search.Figures.Figure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The best few plans so far, one of each kind: variants in fine decisions alone count as one. */
final class Ranking implements Kept {
    private final Goal goal;
    private final int keep;
    private final UnaryOperator<Decisions> kind;
    private final List<Candidate> best = new ArrayList<>();

    Ranking(Goal goal, int keep, UnaryOperator<Decisions> kind) {
        this.goal = goal;
        this.keep = keep;
        this.kind = kind;
    }

    @Override
    public void offer(Candidate candidate) {
        Decisions its = kind.apply(candidate.decisions());
        Optional<Candidate> same = best.stream()
                .filter(other -> kind.apply(other.decisions()).equals(its))
                .findFirst();
        if (same.isPresent()) {
            if (order().compare(candidate, same.get()) >= 0) {
                return;
            }
            best.remove(same.get());
        }
        best.add(candidate);
        best.sort(order());
        if (best.size() > keep) {
            best.removeLast();
        }
    }

    private Comparator<Candidate> order() {
        return (a, b) -> {
            int difference = goal.compare(a.figures(), b.figures());
            return difference != 0 ? difference : comparePaths(a.path(), b.path());
        };
    }

    /** The one whose decisions take earlier values comes first. */
    static int comparePaths(List<Integer> a, List<Integer> b) {
        for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
            int difference = Integer.compare(a.get(i), b.get(i));
            if (difference != 0) {
                return difference;
            }
        }
        return 0;
    }

    @Override
    public boolean closedTo(Figures least) {
        return best.size() == keep && goal.behind(least, best.getLast().figures());
    }

    @Override
    public boolean full() {
        return best.size() == keep;
    }

    @Override
    public boolean onlyBy(Figure figure) {
        return goal.order().getFirst() == figure;
    }

    @Override
    public boolean ranks() {
        return true;
    }

    @Override
    public boolean nearlyClosedTo(Figures least, double share) {
        Figure first = goal.order().getFirst();
        return !best.isEmpty() && least.get(first) >= best.getFirst().figures().get(first) * (1 - share);
    }

    @Override
    public List<Candidate> best() {
        return List.copyOf(best);
    }
}
