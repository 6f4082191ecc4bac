package dev.dovetail.optimizer.search;

import dev.dovetail.optimizer.search.Figures.Figure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Plans of which none is as good as another in every figure of the goal. A plan that another one matches up to a slack is left
 * out, so that the front stays a handful of real choices (an epsilon-approximate front: Laumanns et al. 2002). A kept plan leaves
 * only for one at least as good in every figure, so what is matched once stays matched, and by no more than the slack.
 */
final class ParetoFront implements Kept {
    private final Goal goal;
    private final double slack;
    private final List<Candidate> front = new ArrayList<>();

    /** @param slack relative */
    ParetoFront(Goal goal, double slack) {
        this.goal = goal;
        this.slack = slack;
    }

    @Override
    public void offer(Candidate candidate) {
        offer(candidate, slack);
    }

    /** As {@link #offer}, but the slack is no reason to leave it out: an end of the front. */
    void offerEnd(Candidate candidate) {
        offer(candidate, 0);
    }

    private void offer(Candidate candidate, double share) {
        if (front.stream().noneMatch(known -> matches(known.figures(), candidate.figures(), share))) {
            front.removeIf(known -> matches(candidate.figures(), known.figures(), 0));
            front.add(candidate);
            front.sort(order());
        }
    }

    /** Whether {@code known} takes no more of anything than {@code other}, but for a share of it. */
    private boolean matches(Figures known, Figures other, double share) {
        for (Figure figure : goal.order()) {
            if (known.get(figure) > other.get(figure) * (1 + share)) {
                return false;
            }
        }
        return true;
    }

    private Comparator<Candidate> order() {
        return (a, b) -> {
            int difference = goal.compare(a.figures(), b.figures());
            return difference != 0 ? difference : Ranking.comparePaths(a.path(), b.path());
        };
    }

    @Override
    public boolean closedTo(Figures least) {
        return front.stream().anyMatch(known -> matches(known.figures(), least, slack));
    }

    @Override
    public boolean full() {
        return !front.isEmpty();
    }

    @Override
    public boolean onlyBy(Figure figure) {
        return false;
    }

    @Override
    public boolean ranks() {
        return false;
    }

    /** A front has a slack of its own. */
    @Override
    public boolean nearlyClosedTo(Figures least, double share) {
        return false;
    }

    @Override
    public List<Candidate> best() {
        return List.copyOf(front);
    }
}
