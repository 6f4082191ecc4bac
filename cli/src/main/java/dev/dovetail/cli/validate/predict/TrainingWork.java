package dev.dovetail.cli.validate.predict;

import dev.dovetail.ir.model.LayerKind;
import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.op.Attend;
import dev.dovetail.ir.op.MatMul;
import dev.dovetail.ir.units.Flops;

/**
 * Arithmetic of one sequence, forward: matrix products and attention, every key counted whether a mask hides it or not, as
 * published utilisations count.
 */
public record TrainingWork(Flops layers, Flops head) {

    public static TrainingWork of(Model model) {
        double layers = 0;
        double head = 0;
        for (int kind : model.order()) {
            LayerKind layer = model.kinds().get(kind);
            double flops = forward(layer);
            layers += layer.role() == LayerKind.Role.BLOCK ? flops : 0;
            head += layer.role() == LayerKind.Role.BLOCK ? 0 : flops;
        }
        return new TrainingWork(Flops.of(layers), Flops.of(head));
    }

    private static double forward(LayerKind layer) {
        return layer.forward().nodes().stream()
                .filter(node -> node.op() instanceof MatMul || node.op() instanceof Attend)
                .mapToDouble(node -> layer.filled(node) * node.flops())
                .sum();
    }

    /** Forward, and backward at twice that. */
    public double model() {
        return 3 * (layers.value() + head.value());
    }

    /** With the layers' forward pass run again: what a device executes under full recomputation. */
    public double executed() {
        return model() + layers.value();
    }
}
