package dev.dovetail.backends.report.page;

import dev.dovetail.backends.report.ReportData;
import dev.dovetail.backends.report.data.DecisionRow;
import dev.dovetail.backends.report.data.DecisionRow.DecidedBy;
import dev.dovetail.backends.report.data.PlanNode;
import dev.dovetail.backends.report.data.Provenance;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.units.Bytes;
import dev.dovetail.ir.units.Seconds;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Every decision with who took it, and the tree of what the ranks do, with time, memory and what limits each part. */
final class PlanSection implements Section {
    /** Of more stages than this, all but the busiest start folded. */
    private static final int FEW_STAGES = 3;

    @Override
    public String id() {
        return "plan";
    }

    @Override
    public String title() {
        return "The plan";
    }

    @Override
    public void write(ReportData data, Html html) {
        Parts.lead(html, lead(data.decisions()));
        decisions(data.decisions(), html);
        html.block("h3", Html.with(), () -> {
            html.text("What each rank does ");
            Parts.tag(html, Provenance.ESTIMATE);
        });
        new TreeWriter(html, data.forecast().step()).write(data.plan());
    }

    private static String lead(List<DecisionRow> decisions) {
        long fixed = count(decisions, DecidedBy.FIXED);
        long solved = count(decisions, DecidedBy.SOLVED);
        long standing = count(decisions, DecidedBy.DEFAULT);
        return Words.count(decisions.size(), "decision") + ": " + fixed + " fixed by the spec, " + solved
                + " left to the solver, " + standing + " at their default.";
    }

    private static long count(List<DecisionRow> decisions, DecidedBy by) {
        return decisions.stream().filter(decision -> decision.by() == by).count();
    }

    private static void decisions(List<DecisionRow> decisions, Html html) {
        html.block(
                "ul",
                Html.with("class", "decisions", "aria-label", "Decisions"),
                () -> decisions.forEach(decision ->
                        html.block("li", Html.with("class", decision.by().label()), () -> {
                            html.element("code", () -> {
                                html.text(decision.name() + " ");
                                html.element("b", decision.value());
                            });
                            html.element("span", Html.with("class", "meaning"), decision.meaning());
                            origin(decision, html);
                        })));
    }

    private static void origin(DecisionRow decision, Html html) {
        html.element("span", Html.with("class", "by"), () -> {
            html.text(decision.by().label());
            Origin where = decision.where();
            if (where.line() > 0) {
                html.text(" by ");
                html.element("a", Html.with("href", "#spec-line-" + where.line()), "line " + where.line());
            }
        });
    }

    /** An ARIA tree: arrows move, enter folds. */
    private static final class TreeWriter {
        private final Html html;
        private final Seconds step;

        TreeWriter(Html html, Seconds step) {
            this.html = html;
            this.step = step;
        }

        void write(PlanNode root) {
            html.block("div", Html.with("class", "tree-head", "aria-hidden", "true"), () -> {
                html.element("span", "part");
                html.element("span", "time");
                html.element("span", "memory");
                html.element("span", "limited by");
            });
            html.block(
                    "ul",
                    Html.with("role", "tree", "class", "tree", "aria-label", "The plan"),
                    () -> node(root, 1, unfolded(root)));
        }

        /** The root, its busiest child, and the others where they are few. */
        private static Set<PlanNode> unfolded(PlanNode root) {
            Set<PlanNode> open = Collections.newSetFromMap(new IdentityHashMap<>());
            open.add(root);
            root.children().stream()
                    .max(Comparator.comparing(child -> child.time().orElse(Seconds.ZERO)))
                    .ifPresent(open::add);
            if (root.children().size() <= FEW_STAGES) {
                open.addAll(root.children());
            }
            return open;
        }

        private void node(PlanNode node, int level, Set<PlanNode> unfolded) {
            boolean inner = !node.children().isEmpty();
            String[] leaf = Html.with("role", "treeitem", "tabindex", "-1");
            String[] branch = Html.with(
                    "role", "treeitem", "tabindex", "-1", "aria-expanded", Boolean.toString(unfolded.contains(node)));
            html.block("li", inner ? branch : leaf, () -> {
                row(node, level);
                if (inner) {
                    html.element(
                            "ul",
                            Html.with("role", "group"),
                            () -> node.children().forEach(child -> node(child, level + 1, unfolded)));
                }
            });
        }

        private void row(PlanNode node, int level) {
            html.element("div", Html.with("class", "row", "style", "--level:" + (level - 1)), () -> {
                html.element("span", Html.with("class", "name"), () -> {
                    html.element("b", node.label());
                    html.element(
                            "span", Html.with("class", "detail"), node.detail().isEmpty() ? "" : " " + node.detail());
                });
                html.element(
                        "span",
                        Html.with("class", "time", "style", share(node)),
                        node.time().map(Seconds::toString).orElse(""));
                html.element(
                        "span",
                        Html.with("class", "memory"),
                        node.memory().map(Bytes::toString).orElse(""));
                html.element("span", Html.with("class", "limit"), node.limit().orElse(""));
            });
        }

        /** How much of the step a node takes, for the bar behind its time. */
        private String share(PlanNode node) {
            double share = node.time().map(time -> time.ratioTo(step)).orElse(0.0);
            return String.format(Locale.ROOT, "--share:%.4f", Math.clamp(share, 0, 1));
        }
    }
}
