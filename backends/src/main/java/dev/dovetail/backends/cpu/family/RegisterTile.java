package dev.dovetail.backends.cpu.family;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Code;
import dev.dovetail.backends.cpu.loop.Expr;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.Function.Parameter;
import dev.dovetail.backends.cpu.loop.Index;
import dev.dovetail.backends.cpu.loop.Location;
import dev.dovetail.backends.cpu.loop.Statement.Argument;
import dev.dovetail.ir.tensor.ElementType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The inner piece of every kernel that multiplies matrices: {@code rows} x {@code vectors} accumulators in registers, target
 * [i, v] = Σ_k left[i, k] · right[k, v].
 *
 * <p>Accumulators are named variables: arrays of vectors would be boxed. Starting from zero and continuing from what is
 * stored are two functions rather than one with a branch, because C1 gives up on methods with some hundred vector operations
 * and the method then never reaches C2.
 */
record RegisterTile(int rows, int vectors, int lanes) {
    private static final Index LEFT = Index.named("leftAt");
    private static final Index RIGHT = Index.named("rightAt");
    private static final Index TARGET = Index.named("targetAt");
    private static final Index DEPTH = Index.named("depth");

    /** 16 accumulators where there are 32 registers, 8 where there are 16: C2 spills beyond that and halves the speed. */
    static RegisterTile widest(CpuTarget target, ElementType element) {
        int lanes = target.lanes(element);
        if (lanes == 1) {
            return new RegisterTile(2, 4, 1);
        }
        return new RegisterTile(target.vectorRegisters() == 32 ? 8 : 4, 2, lanes);
    }

    /** At most as tall and as wide as a product of these extents. */
    RegisterTile within(long m, long n) {
        return new RegisterTile((int) Math.min(m, rows), lanes > 1 && n <= lanes ? 1 : vectors, lanes);
    }

    /** Columns. */
    int width() {
        return vectors * lanes;
    }

    /**
     * How the three matrices lie, in elements.
     *
     * @param leftRow from row to row of the left matrix
     * @param leftStep from one step of depth to the next in the left matrix
     * @param rightStep from one step of depth to the next in the right matrix; its columns lie side by side
     * @param targetRow from row to row of the target; its columns lie side by side
     */
    record Strides(long leftRow, long leftStep, long rightStep, long targetRow) {}

    /**
     * The tile as a function of (left, right, target, leftAt, rightAt, targetAt, depth).
     *
     * @param adds whether it continues from what the target holds
     */
    Function function(String name, String purpose, Strides strides, Buffer target, ElementType element, boolean adds) {
        var left = new Buffer.Scratch("left", element);
        var right = new Buffer.Scratch("right", element);
        var parameters = new ArrayList<Parameter>();
        List.of(left, right, target).forEach(b -> parameters.add(new Parameter.OfBuffer(b)));
        List.of(LEFT, RIGHT, TARGET, DEPTH)
                .forEach(i -> parameters.add(new Parameter.OfIndex(((Index.Named) i).name())));
        return Code.function(name, purpose, parameters, code -> {
            var sums = start(code, target, strides, adds);
            code.loop("k", DEPTH, (body, k) -> step(body, k, sums, left, right, strides));
            for (int i = 0; i < rows; i++) {
                for (int v = 0; v < vectors; v++) {
                    code.store(at(target, strides, i, v), sums[i][v]);
                }
            }
        });
    }

    /** Arguments of a call of {@link #function}. */
    static List<Argument> arguments(Location left, Location right, Location target, Index depth) {
        return List.of(
                new Argument.OfBuffer(left.buffer()),
                new Argument.OfBuffer(right.buffer()),
                new Argument.OfBuffer(target.buffer()),
                new Argument.OfIndex(left.element()),
                new Argument.OfIndex(right.element()),
                new Argument.OfIndex(target.element()),
                new Argument.OfIndex(depth));
    }

    private Location at(Buffer target, Strides strides, int i, int v) {
        return target.at(TARGET.plus(i * strides.targetRow() + (long) v * lanes));
    }

    private Expr.Local[][] start(Code code, Buffer target, Strides strides, boolean adds) {
        var sums = new Expr.Local[rows][vectors];
        for (int i = 0; i < rows; i++) {
            for (int v = 0; v < vectors; v++) {
                Expr first = adds
                        ? new Expr.LoadVector(at(target, strides, i, v), Optional.empty())
                        : Expr.literal(0).broadcast();
                sums[i][v] = code.variable("c" + i + "_" + v, first);
            }
        }
        return sums;
    }

    private void step(Code body, Index k, Expr.Local[][] sums, Buffer left, Buffer right, Strides strides) {
        var columns = new ArrayList<Expr>();
        for (int v = 0; v < vectors; v++) {
            Index at = RIGHT.plus(k.times(strides.rightStep())).plus((long) v * lanes);
            columns.add(body.let("b" + v, new Expr.LoadVector(right.at(at), Optional.empty())));
        }
        for (int i = 0; i < rows; i++) {
            Index at = LEFT.plus(k.times(strides.leftStep())).plus(i * strides.leftRow());
            Expr a = body.let("a" + i, new Expr.Broadcast(new Expr.Load(left.at(at))));
            for (int v = 0; v < vectors; v++) {
                body.assign(sums[i][v], a.fma(columns.get(v), sums[i][v]));
            }
        }
    }
}
