package dev.dovetail.optimizer.search;

import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.optimizer.search.Figures.Figure;
import dev.dovetail.optimizer.search.SearchResult.Effort;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.Predicate;

/**
 * Decides one thing after the other and turns back where even the optimistic figures are behind the plans already found or
 * break a limit (Land and Doig 1960). The most promising unfinished plan comes first, whatever its depth, so that nothing is
 * opened that a proof could do without; now and then one is followed all the way down, so that there is a plan to return.
 *
 * <p>One thread and no clock: the same problem gives the same plan on any machine. A budget of nodes, if it runs out, leaves a
 * proven bound instead of a proof of optimality.
 */
public final class BranchAndBound {
    /** Of so many unfinished plans taken up, one is followed down to a complete one although others promise more. */
    private static final int PLUNGE_EVERY = 32;

    /** Unfinished plans opened in search of the very best; after that what is hardly better is left, and shows in the gap. */
    private static final long PATIENCE = 10_000;

    /** What is hardly better: relative. */
    private static final double HARDLY = 0.005;

    private final Space space;
    private final Appraiser appraiser;
    private final Goal goal;
    private final long budget;
    private final boolean anyWillDo;
    private final Kept kept;
    private final PriorityQueue<Node> waiting;
    private long considered;
    private long pruned;
    private long illegal;
    private long visited;
    private double unexplored = Double.POSITIVE_INFINITY;

    /**
     * @param bounds each completion costs at least one of these
     * @param least what none goes below
     * @param path index of the value taken at each depth
     */
    private record Node(Decisions decisions, List<Bound> bounds, Figures least, List<Integer> path) {
        int depth() {
            return path.size();
        }

        /** Clocks that a plan worth having may set. */
        List<Integer> clocks(Predicate<Bound> closed) {
            return bounds.stream()
                    .filter(closed.negate())
                    .flatMap(bound -> bound.clocks().stream())
                    .sorted(Comparator.reverseOrder())
                    .toList();
        }
    }

    private BranchAndBound(Space space, Appraiser appraiser, Goal goal, Kept kept, long budget, boolean anyWillDo) {
        this.space = space;
        this.appraiser = appraiser;
        this.goal = goal;
        this.kept = kept;
        this.budget = budget;
        this.anyWillDo = anyWillDo;
        this.waiting = new PriorityQueue<>(promise());
    }

    /** The least bound first; of equals the one that is nearest to a plan. */
    private Comparator<Node> promise() {
        return (a, b) -> {
            int difference = goal.compare(a.least(), b.least());
            int deeper = Integer.compare(b.depth(), a.depth());
            return difference != 0 ? difference : deeper != 0 ? deeper : Ranking.comparePaths(a.path(), b.path());
        };
    }

    /**
     * @param keep how many plans to return; each costs some pruning
     * @param budget most nodes to open
     */
    public static SearchResult search(Space space, Appraiser appraiser, Goal goal, int keep, long budget) {
        return new BranchAndBound(space, appraiser, goal, new Ranking(goal, keep, space::kind), budget, false).run();
    }

    /**
     * Plans such that every plan which holds the limits is matched by one of them: no figure of the goal is more than {@code
     * slack} above that plan's, relative. None of them is as good as another in every figure.
     *
     * @param known plans that hold the limits and are to be among them, if none is better
     */
    static SearchResult front(
            Space space, Appraiser appraiser, Goal goal, List<Candidate> known, double slack, long budget) {
        var front = new ParetoFront(goal, slack);
        known.forEach(front::offerEnd);
        return new BranchAndBound(space, appraiser, goal, front, budget, false).run();
    }

    /** Any plan that holds the limits, not the best. */
    public static SearchResult findAny(Space space, Appraiser appraiser, Goal goal, long budget) {
        return new BranchAndBound(space, appraiser, goal, new Ranking(goal, 1, space::kind), budget, true).run();
    }

    private SearchResult run() {
        if (space.clashOfFixed().isPresent()) {
            illegal++;
            return result();
        }
        appraiser.searching(Double.POSITIVE_INFINITY);
        var anything = new Bound(Figures.NOTHING, appraiser.clocks());
        waiting.add(new Node(Decisions.none(), List.of(anything), Figures.NOTHING, List.of()));
        for (long taken = 0; !waiting.isEmpty() && !done(); taken++) {
            Node node = waiting.poll();
            if (isClosed(node)) {
                pruned++;
            } else if (visited >= budget || visited >= PATIENCE && kept.nearlyClosedTo(node.least(), HARDLY)) {
                leaveOpen(node.least());
            } else if (taken % PLUNGE_EVERY == 0 || !kept.full()) {
                plunge(node);
            } else {
                waiting.addAll(open(node));
            }
        }
        return result();
    }

    private boolean isClosed(Node node) {
        return node.bounds().stream().allMatch(this::isClosed);
    }

    private boolean isClosed(Bound bound) {
        return kept.closedTo(bound.least());
    }

    private Optional<Comparator<Figures>> order() {
        return kept.ranks() ? Optional.of(goal::compare) : Optional.empty();
    }

    private boolean done() {
        return anyWillDo && !kept.best().isEmpty();
    }

    private SearchResult result() {
        List<Candidate> best = kept.best();
        Optional<Double> reached = best.stream()
                .findFirst()
                .map(candidate -> candidate.figures().get(goal.order().getFirst()));
        boolean exhausted = unexplored * (1 + Goal.ROUNDING) >= reached.orElse(Double.POSITIVE_INFINITY);
        Optional<Double> bound = reached.map(value -> exhausted ? value : unexplored);
        return new SearchResult(best, bound, exhausted, new Effort(considered, pruned, illegal));
    }

    /** Plans bounded by {@code least} are not looked at. */
    private void leaveOpen(Figures least) {
        if (!goal.hopeless(least)) {
            unexplored = Math.min(unexplored, least.get(goal.order().getFirst()));
        }
    }

    /** From decision to decision, each the most promising, to a complete plan or a dead end; the others wait. */
    private void plunge(Node from) {
        Optional<Node> next = Optional.of(from);
        while (next.isPresent()) {
            List<Node> children = open(next.get());
            next = children.stream().filter(child -> !isClosed(child)).findFirst();
            next.ifPresent(children::remove);
            waiting.addAll(children);
        }
    }

    /** What a node's next decision may lead to, most promising first; complete plans are appraised instead. */
    private List<Node> open(Node node) {
        visited++;
        Space.Branches branches = space.branches(node.decisions(), node.depth());
        if (Double.isFinite(branches.others().value())) {
            leaveOpen(node.least().lasting(branches.others()));
        }
        if (node.depth() < space.depth() - 1) {
            return children(node, branches.list());
        }
        complete(node, branches.list());
        return new ArrayList<>();
    }

    private List<Node> children(Node node, List<Decisions> branches) {
        var children = new ArrayList<Node>();
        List<Integer> clocks = node.clocks(this::isClosed);
        for (int i = 0; i < branches.size(); i++) {
            if (space.clash(branches.get(i), node.depth()).isPresent()) {
                illegal++;
                continue;
            }
            follow(new Way(branches.get(i), behind(node.path(), i), clocks), children);
        }
        children.sort(promise());
        return children;
    }

    /** Decisions taken, by which values, and the clocks that plans may yet set. */
    private record Way(Decisions decisions, List<Integer> path, List<Integer> clocks) {}

    /** On to where a bound says something: past decisions that are left one value, and those that say nothing without the next. */
    private void follow(Way way, List<Node> found) {
        int depth = way.path().size();
        if (depth == space.depth() - 1 || space.refines(depth)) {
            bounded(way).ifPresent(found::add);
            return;
        }
        List<Decisions> branches = space.branches(way.decisions(), depth).list();
        if (branches.size() > 1 && appraiser.tells(way.decisions())) {
            bounded(way).ifPresent(found::add);
            return;
        }
        for (int i = 0; i < branches.size(); i++) {
            if (space.clash(branches.get(i), depth).isPresent()) {
                illegal++;
            } else {
                follow(new Way(branches.get(i), behind(way.path(), i), way.clocks()), found);
            }
        }
    }

    private Optional<Node> bounded(Way way) {
        List<Bound> bounds = appraiser.bounds(
                way.decisions(),
                way.clocks(),
                new Bound.Asked(least -> goal.hopeless(least) || kept.closedTo(least), order()));
        if (bounds.isEmpty()) {
            pruned++;
            return Optional.empty();
        }
        return Optional.of(node(way, bounds));
    }

    private static Node node(Way way, List<Bound> bounds) {
        Figures least =
                bounds.stream().map(Bound::least).reduce(Figures::lowest).orElseThrow();
        return new Node(way.decisions(), bounds, least, way.path());
    }

    private static List<Integer> behind(List<Integer> path, int index) {
        var next = new ArrayList<>(path);
        next.add(index);
        return next;
    }

    /**
     * Where values come fastest first and each takes longer: once one is too slow, or leads to a plan that holds, so are the
     * rest. Unless time is what matters most: then the most promising come first.
     */
    private void complete(Node node, List<Decisions> branches) {
        var left = new ArrayList<Way>();
        List<Integer> clocks = node.clocks(this::isClosed);
        for (int i = 0; i < branches.size(); i++) {
            if (branches.get(i)
                    .find(Decision.FREQUENCY)
                    .filter(clock -> !clocks.contains(clock))
                    .isPresent()) {
                continue;
            }
            if (space.clash(branches.get(i), node.depth()).isPresent()) {
                illegal++;
                continue;
            }
            left.add(new Way(branches.get(i), behind(node.path(), i), clocks));
        }
        if (space.slowsDown(node.depth()) && !kept.onlyBy(Figure.TIME)) {
            byPromise(node, left, clocks);
            return;
        }
        for (Way way : left) {
            boolean over = offered(way);
            if (done() || over && space.slowsDown(node.depth())) {
                return;
            }
        }
    }

    /** What a clock promises follows from a look at a few of them: most need not be looked at on their own. */
    private void byPromise(Node node, List<Way> left, List<Integer> clocks) {
        List<Node> promising =
                appraiser.bounds(node.decisions(), clocks, new Bound.Asked(kept::closedTo, Optional.empty())).stream()
                        .flatMap(bound -> left.stream()
                                .filter(way ->
                                        bound.clocks().contains(way.decisions().get(Decision.FREQUENCY)))
                                .map(way -> node(way, List.of(bound))))
                        .sorted(promise())
                        .toList();
        for (Node one : promising) {
            if (done()) {
                return;
            }
            if (isClosed(one)) {
                pruned++;
            } else {
                offered(new Way(one.decisions(), one.path(), clocks));
            }
        }
    }

    /** Whether values that make a plan slower need not be looked at: it is too slow, or holds all that is asked. */
    private boolean offered(Way way) {
        considered++;
        List<Bound> bounds = appraiser.bounds(way.decisions(), way.clocks(), new Bound.Asked(kept::closedTo, order()));
        if (bounds.stream().map(Bound::least).allMatch(goal::hopeless)) {
            pruned++;
            return bounds.isEmpty();
        }
        return appraise(way.decisions(), way.path());
    }

    /** Whether the plan holds what is asked. */
    private boolean appraise(Decisions complete, List<Integer> path) {
        Figures figures = appraiser.appraise(complete);
        if (!goal.holds(figures)) {
            return false;
        }
        kept.offer(new Candidate(complete, figures, path));
        if (kept.onlyBy(Figure.TIME)) {
            appraiser.searching(kept.best().getFirst().figures().get(Figure.TIME));
        }
        return true;
    }
}
