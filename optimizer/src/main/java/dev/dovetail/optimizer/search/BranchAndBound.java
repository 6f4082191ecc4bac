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
    /** Partial plans that the first look carries along. */
    private static final int BEAM = 64;

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
    private long held;
    private double unexplored = Double.POSITIVE_INFINITY;

    /** @param path index of the value taken at each depth */
    private record Child(Decisions decisions, Figures least, List<Integer> path) {}

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
        appraiser.searching(Double.POSITIVE_INFINITY);
        search.probe();
        search.open(Decisions.none(), List.of());
        return search.result();
    }

    /** Any plan that holds the limits, not the best. */
    public static SearchResult findAny(Space space, Appraiser appraiser, Goal goal, long budget) {
        var search = new BranchAndBound(space, appraiser, goal, 1, budget, true);
        appraiser.searching(Double.POSITIVE_INFINITY);
        search.open(Decisions.none(), List.of());
        return search.result();
    }

    private SearchResult result() {
        List<Candidate> best = ranking.best();
        Optional<Double> reached = best.stream()
                .findFirst()
                .map(candidate -> candidate.figures().get(goal.order().getFirst()));
        boolean exhausted = unexplored * (1 + Goal.ROUNDING) >= reached.orElse(Double.POSITIVE_INFINITY);
        Optional<Double> bound = reached.map(value -> exhausted ? value : unexplored);
        return new SearchResult(best, bound, exhausted, new Effort(considered, pruned, illegal));
    }

    /** Carries the most promising few from decision to decision: a good plan to begin with lets the rest be pruned early. */
    private void probe() {
        List<Child> beam = List.of(new Child(Decisions.none(), Figures.NOTHING, List.of()));
        for (int depth = 0; depth < space.depth(); depth++) {
            var next = new ArrayList<Child>();
            for (Child child : beam) {
                List<Decisions> branches = space.branches(child.decisions(), depth);
                for (int i = 0; i < branches.size(); i++) {
                    if (space.clash(branches.get(i), depth).isPresent()) {
                        continue;
                    }
                    Figures least = appraiser.bound(branches.get(i));
                    if (!goal.hopeless(least)) {
                        next.add(new Child(branches.get(i), least, behind(child.path(), i)));
                    }
                }
            }
            next.sort((a, b) -> goal.compare(a.least(), b.least()));
            beam = next.subList(0, Math.min(BEAM, next.size()));
        }
        beam.forEach(this::appraise);
    }

    private static List<Integer> behind(List<Integer> path, int index) {
        var next = new ArrayList<>(path);
        next.add(index);
        return next;
    }

    private void open(Decisions decisions, List<Integer> path) {
        int depth = path.size();
        visited++;
        if (space.slowsDown(depth) && goal.order().getFirst() == Figure.TIME) {
            openWhileFast(decisions, path);
            return;
        }
        if (!space.branchesAll(decisions, depth)) {
            leaveOpen(appraiser.bound(decisions));
        }
        for (Child child : children(decisions, path)) {
            if (done()) {
                return;
            }
            if (ranking.closedTo(child.least())) {
                pruned++;
            } else if (visited >= budget) {
                leaveOpen(child.least());
            } else {
                descend(child);
            }
        }
    }

    /** Plans bounded by {@code least} are not looked at. */
    private void leaveOpen(Figures least) {
        if (!goal.hopeless(least)) {
            unexplored = Math.min(unexplored, least.get(goal.order().getFirst()));
        }
    }

    /** Values come fastest first and each takes longer: once one is too slow, or leads to a plan that holds, so are the rest. */
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
                long before = held;
                descend(new Child(branches.get(i), least, behind(path, i)));
                if (held > before) {
                    return;
                }
            }
        }
    }

    private boolean done() {
        return anyWillDo && !ranking.best().isEmpty();
    }

    private void descend(Child child) {
        if (child.path().size() < space.depth()) {
            open(child.decisions(), child.path());
        } else {
            appraise(child);
        }
    }

    private void appraise(Child child) {
        Figures figures = appraiser.appraise(child.decisions());
        if (goal.holds(figures)) {
            held++;
            ranking.offer(new Candidate(child.decisions(), figures, child.path()));
            if (goal.order().getFirst() == Figure.TIME) {
                appraiser.searching(ranking.best().getFirst().figures().get(Figure.TIME));
            }
        }
    }

    private List<Child> children(Decisions decisions, List<Integer> path) {
        int depth = path.size();
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
                children.add(new Child(branches.get(i), least, behind(path, i)));
            }
        }
        children.sort((a, b) -> {
            int difference = goal.compare(a.least(), b.least());
            return difference != 0
                    ? difference
                    : Integer.compare(a.path().getLast(), b.path().getLast());
        });
        return children;
    }
}
