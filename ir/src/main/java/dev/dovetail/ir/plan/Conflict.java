package dev.dovetail.ir.plan;

import dev.dovetail.ir.spec.Origin;
import java.util.Optional;

/**
 * One of the things in a spec that together leave no plan: dropping any one of them would.
 *
 * @param said in the spec's words
 * @param origin where it is said
 * @param reason how it clashes
 * @param relaxation the least change to it alone that leaves a plan; empty where no change of this one helps
 */
public record Conflict(String said, Origin origin, String reason, Optional<String> relaxation) {}
