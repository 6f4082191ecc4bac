package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.optimizer.search.Figures.Figure;
import dev.dovetail.optimizer.search.SearchResult.Effort;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Decides one thing after the other, most promising value first, and turns back where even the optimistic figures are behind
 * the plans already found or break a limit (Land and Doig 1960).
 *
 * <p>One thread and no clock: the same problem gives the same plan on any machine. A budget of nodes, if it runs out, leaves a
 * proven bound instead of a proof of optimality.
 */
public final class BranchAndBound {
    private final Space space;
    private final Appraiser appraiser;
    private final Goal goal;
    private final long budget;
    private final boolean anyWillDo;
    private final Ranking ranking;
    private long considered;
    private long pruned;
    private long illegal;
    private long visited;
    private double unexplored = Double.POSITIVE_INFINITY;

    private record Child(Decisions decisions, Figures least, int index) {}

    private BranchAndBound(Space space, Appraiser appraiser, Goal goal, int keep, long budget, boolean anyWillDo) {
        this.space = space;
        this.appraiser = appraiser;
        this.goal = goal;
        this.budget = budget;
        this.anyWillDo = anyWillDo;
        this.ranking = new Ranking(goal, keep, space::kind);
    }

    /**
     * @param keep how many plans to return; each costs some pruning
     * @param budget most nodes to open
     */
    public static SearchResult search(Space space, Appraiser appraiser, Goal goal, int keep, long budget) {
        var search = new BranchAndBound(space, appraiser, goal, keep, budget, false);
        search.open(Decisions.none(), List.of());
        return search.result();
    }

    /** Any plan that holds the limits, not the best. */
    public static SearchResult findAny(Space space, Appraiser appraiser, Goal goal, long budget) {
        var search = new BranchAndBound(space, appraiser, goal, 1, budget, true);
        search.open(Decisions.none(), List.of());
        return search.result();
    }

    private SearchResult result() {
        List<Candidate> best = ranking.best();
        boolean exhausted = Double.isInfinite(unexplored);
        Optional<Double> bound = best.stream()
                .findFirst()
                .map(candidate -> candidate.figures().get(goal.order().getFirst()))
                .map(reached -> Math.min(reached, unexplored));
        return new SearchResult(best, bound, exhausted, new Effort(considered, pruned, illegal));
    }

    private void open(Decisions decisions, List<Integer> path) {
        int depth = path.size();
        visited++;
        if (space.slowsDown(depth) && goal.order().getFirst() == Figure.TIME) {
            openWhileFast(decisions, path);
            return;
        }
        for (Child child : children(decisions, depth)) {
            if (done()) {
                return;
            }
            if (ranking.closedTo(child.least())) {
                pruned++;
            } else if (visited >= budget) {
                unexplored = Math.min(unexplored, child.least().get(goal.order().getFirst()));
            } else {
                descend(child, path);
            }
        }
    }

    /** Values come fastest first and each takes longer: once one is too slow, so are the rest. */
    private void openWhileFast(Decisions decisions, List<Integer> path) {
        int depth = path.size();
        List<Decisions> branches = space.branches(decisions, depth);
        for (int i = 0; i < branches.size(); i++) {
            if (space.clash(branches.get(i), depth).isPresent()) {
                illegal++;
                continue;
            }
            considered += depth == space.depth() - 1 ? 1 : 0;
            Figures least = appraiser.bound(branches.get(i));
            if (done() || ranking.closedTo(least)) {
                pruned++;
                return;
            }
            if (goal.hopeless(least)) {
                pruned++;
            } else {
                descend(new Child(branches.get(i), least, i), path);
            }
        }
    }

    private boolean done() {
        return anyWillDo && !ranking.best().isEmpty();
    }

    private void descend(Child child, List<Integer> path) {
        var next = new ArrayList<>(path);
        next.add(child.index());
        if (next.size() < space.depth()) {
            open(child.decisions(), next);
            return;
        }
        Figures figures = appraiser.appraise(child.decisions());
        if (goal.holds(figures)) {
            ranking.offer(new Candidate(child.decisions(), figures, next));
        }
    }

    private List<Child> children(Decisions decisions, int depth) {
        var children = new ArrayList<Child>();
        List<Decisions> branches = space.branches(decisions, depth);
        boolean leaves = depth == space.depth() - 1;
        for (int i = 0; i < branches.size(); i++) {
            if (space.clash(branches.get(i), depth).isPresent()) {
                illegal++;
                continue;
            }
            considered += leaves ? 1 : 0;
            Figures least = appraiser.bound(branches.get(i));
            if (goal.hopeless(least)) {
                pruned++;
            } else {
                children.add(new Child(branches.get(i), least, i));
            }
        }
        children.sort((a, b) -> {
            int difference = goal.compare(a.least(), b.least());
            return difference != 0 ? difference : Integer.compare(a.index(), b.index());
        });
        return children;
    }
}
