package dev.dovetail.ir.program;

import java.util.Map;

/** An index expression over numbered variables: schedules evaluate each many thousand times. */
@FunctionalInterface
public interface CompiledIndex {

    long at(long[] variables);

    /**
     * @param scope the place of each variable in the array
     * @param coordinates this rank's place along each mesh axis
     */
    static CompiledIndex of(IndexExpr expr, Map<String, Integer> scope, Map<String, Integer> coordinates) {
        return switch (expr) {
            case IndexExpr.Const c -> variables -> c.value();
            case IndexExpr.Variable v -> {
                Integer place = scope.get(v.name());
                if (place == null) {
                    throw new IllegalArgumentException("no variable " + v.name() + " among " + scope.keySet());
                }
                yield variables -> variables[place];
            }
            case IndexExpr.Coordinate c -> {
                long coordinate = coordinates.getOrDefault(c.axis(), 0);
                yield variables -> coordinate;
            }
            case IndexExpr.Lookup l -> {
                long[] table = l.table().stream().mapToLong(Long::longValue).toArray();
                CompiledIndex index = of(l.index(), scope, coordinates);
                yield variables -> table[Math.toIntExact(index.at(variables))];
            }
            case IndexExpr.Binary b -> {
                CompiledIndex left = of(b.left(), scope, coordinates);
                CompiledIndex right = of(b.right(), scope, coordinates);
                yield variables -> b.operator().apply(left.at(variables), right.at(variables));
            }
        };
    }
}
