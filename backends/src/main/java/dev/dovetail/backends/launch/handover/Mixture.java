package dev.dovetail.backends.launch.handover;

import dev.dovetail.ir.spec.Settings;
import java.util.Optional;

/**
 * Experts in place of an mlp, as Megatron-LM and what is built on it know them.
 *
 * @param shared width of what sees every token; 0 for nothing
 * @param sigmoid whether scores are sigmoids instead of a softmax
 * @param normalized whether the weights of a token's experts add up to one
 * @param scale factor on those weights
 * @param choiceBias whether a bias for the choice alone evens the loads
 * @param balanceLoss weight of a loss that evens the loads of each sequence; 0 for none
 * @param capacity places of an expert as a multiple of its even share; empty where nothing is dropped
 */
record Mixture(
        int experts,
        int top,
        int inner,
        int shared,
        boolean sigmoid,
        boolean normalized,
        double scale,
        Optional<Groups> groups,
        boolean choiceBias,
        double balanceLoss,
        Optional<Double> capacity) {

    /** Groups of neighbouring experts, of which a token uses some. */
    record Groups(int count, int kept) {}

    /** @throws NotExpressible where a router of Megatron-LM cannot do the same */
    static Mixture of(String target, Settings moe) {
        int top = moe.count("top").orElseThrow().intValue();
        int inner = moe.count("inner").orElseThrow().intValue();
        boolean sigmoid = moe.word("scoring").orElse("softmax").equals("sigmoid");
        boolean normalized = moe.word("gates").orElse("normalized").equals("normalized");
        if (sigmoid && !normalized && top > 1) {
            throw new NotExpressible(target, "moe { gates raw }", "its sigmoid scores are always normalized");
        }
        if (moe.has("choice_bias") && !sigmoid) {
            throw new NotExpressible(target, "moe { choice_bias }", "its bias for the choice goes with sigmoid scores");
        }
        return new Mixture(
                moe.count("experts").orElseThrow().intValue(),
                top,
                inner,
                moe.count("shared").orElse(0L).intValue() * inner,
                sigmoid,
                normalized,
                moe.real("scale").orElse(1.0),
                moe.group("groups").map(groups -> groups(target, groups, top)),
                moe.has("choice_bias"),
                moe.real("balance_loss").orElse(0.0),
                moe.real("capacity"));
    }

    private static Groups groups(String target, Settings groups, int top) {
        int count = groups.count("value").orElse(1L).intValue();
        int kept = groups.count("kept").orElse((long) count).intValue();
        long votes = groups.count("votes").orElse(1L);
        if (kept < count && votes != top / kept) {
            throw new NotExpressible(
                    target,
                    "groups { votes " + votes + " }",
                    "it ranks a group by as many scores as a token has experts in it, which is " + top / kept);
        }
        return new Groups(count, kept);
    }

    boolean limitsGroups() {
        return groups.filter(g -> g.kept() < g.count()).isPresent();
    }

    String balancing() {
        return balanceLoss > 0 ? "seq_aux_loss" : "none";
    }
}
