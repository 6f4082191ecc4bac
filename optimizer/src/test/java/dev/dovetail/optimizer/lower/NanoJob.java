package dev.dovetail.optimizer.lower;

import dev.dovetail.ir.block.Adaptation;
import dev.dovetail.ir.block.AttentionBlock;
import dev.dovetail.ir.block.Ends;
import dev.dovetail.ir.block.Head;
import dev.dovetail.ir.block.Latent;
import dev.dovetail.ir.block.MlpBlock;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.block.ModelDefinition.NormPlace;
import dev.dovetail.ir.block.ModelDefinition.Positions;
import dev.dovetail.ir.block.ModelDefinition.Stack;
import dev.dovetail.ir.block.ModelDefinition.SubLayer;
import dev.dovetail.ir.block.MoeBlock;
import dev.dovetail.ir.block.Signal;
import dev.dovetail.ir.block.Source;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.OptimizerSettings;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.op.Normalize.NormKind;
import dev.dovetail.ir.plan.Decision;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.plan.Recomputation;
import dev.dovetail.ir.spec.Origin;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.tensor.ElementType;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A model small enough to lower thousands of times: width 16, sequence 16, 4 layers of 4 heads. */
final class NanoJob {
    private NanoJob() {}

    static TrainJob job(NormKind norm, Positions positions, boolean tied) {
        return job(model(norm, positions, tied, List.of(new Stack(4, layer(norm))), Adaptation.NONE));
    }

    /** The embedding and the first two of four layers stay as they are, and of the others only some parts train. */
    static TrainJob partlyFrozen() {
        var layer = layer(NormKind.LAYER);
        var fixed = layer.stream()
                .map(s -> new SubLayer(
                        s.block(), s.settings().withFlag(SubLayer.FROZEN), s.norm(), s.residual(), s.parallel()))
                .toList();
        var adapter = new Adaptation.LowRank(2, 4, List.of("attention.q", "attention.out", "mlp.in"));
        var adaptation = new Adaptation(List.of("embed", "attention", "mlp.out"), Optional.of(adapter));
        var stacks = List.of(new Stack(2, fixed), new Stack(2, layer));
        return job(model(NormKind.LAYER, Positions.LEARNED, false, stacks, adaptation));
    }

    /** A diffusion transformer on sixteen patches and five rows of text, which ends behind the last attention. */
    static TrainJob pictures() {
        var stacks = List.of(new Stack(3, joint(false)), new Stack(1, joint(true)));
        var model = model(NormKind.LAYER, Positions.NONE, false, stacks, Adaptation.NONE);
        var pictures = new Latent(8, 1, 2, 0, Latent.Predicts.NOISE, false);
        return job(model.of(pictures.askedBy(new Latent.Text(5, 6, 7))));
    }

    private static List<SubLayer> joint(boolean last) {
        var both = layer(NormKind.LAYER);
        var attention = both.getFirst().settings().with("mask", "none").withFlag("qk_norm");
        var mlp = both.getLast().settings();
        return List.of(
                modulated(both.getFirst(), last ? attention.with("joint", "last") : attention.withFlag("joint")),
                modulated(both.getLast(), last ? mlp : mlp.withFlag("joint")));
    }

    private static SubLayer modulated(SubLayer plain, Settings settings) {
        return new SubLayer(plain.block(), settings.with(SubLayer.MODULATE, "adaln_zero"), plain.norm(), true, false);
    }

    /** An encoder-decoder with one table for both parts and the output, and distances that all layers share. */
    static TrainJob reading() {
        var distances = Settings.empty("relative")
                .with("buckets", 8)
                .with("distance", 12)
                .withFlag("shared");
        var own = Settings.empty("attention").with("heads", 4).with("relative", new Settings.Setting.Group(distances));
        var crosses = Settings.empty("attention").with("heads", 4).withFlag("cross");
        SubLayer mlp = layer(NormKind.RMS).getLast();
        var encoder = model(
                NormKind.RMS,
                Positions.NONE,
                true,
                List.of(new Stack(2, List.of(attention(own.with("mask", "none")), mlp))),
                Adaptation.NONE);
        var decoder = model(
                NormKind.RMS,
                Positions.NONE,
                true,
                List.of(new Stack(2, List.of(attention(own), attention(crosses), mlp))),
                Adaptation.NONE);
        return job(decoder.between(Ends.TEXT.reading(new Source(encoder, Optional.empty(), false, true, 0))));
    }

    /** A frozen encoder of eight rows, a projector, and a decoder of which the first layers are frozen. */
    static TrainJob seeing() {
        var sees = new Signal.Picture(4, 1, 2, 1, 3, false, true);
        var eye = model(
                        NormKind.LAYER,
                        Positions.LEARNED,
                        false,
                        List.of(new Stack(
                                3,
                                List.of(
                                        attention(Settings.empty("attention")
                                                .with("heads", 4)
                                                .with("mask", "none")),
                                        layer(NormKind.LAYER).getLast()))),
                        new Adaptation(List.of("*"), Optional.empty()))
                .between(new Ends(0, 0, false, Optional.of(sees), new Head.Features(), Optional.empty()))
                .ofLength(8);
        var projector = new Source.Projector(
                2,
                "gelu",
                24,
                true,
                new Source.Projector.Merge(2, 0),
                Optional.of(new Source.Projector.Norm(NormKind.RMS, false)),
                0,
                false);
        var source = new Source(eye, Optional.of(projector), true, false, 1);
        var adaptation = new Adaptation(List.of("embed", "attention"), Optional.empty());
        var stacks = List.of(new Stack(3, layer(NormKind.RMS)));
        return job(
                model(NormKind.RMS, Positions.ROPE, false, stacks, adaptation).between(Ends.TEXT.reading(source)));
    }

    /** Three layers, and one like the last that predicts the token behind the next. */
    static TrainJob further() {
        var head = new Head.Tokens(Optional.empty(), Optional.of(new Head.Further(1, 0.3)));
        var stacks = List.of(new Stack(3, layer(NormKind.RMS)));
        return job(model(NormKind.RMS, Positions.ROPE, false, stacks, Adaptation.NONE)
                .between(Ends.TEXT.with(head)));
    }

    private static SubLayer attention(Settings settings) {
        return new SubLayer(new AttentionBlock(), settings, NormPlace.PRE, true, false);
    }

    /** Products read the stream itself, and norms stand behind them. */
    static TrainJob normsBehind() {
        var layer = layer(NormKind.LAYER).stream()
                .map(s -> new SubLayer(s.block(), s.settings(), NormPlace.POST, s.residual(), s.parallel()))
                .toList();
        var stacks = List.of(new Stack(4, layer));
        return job(model(NormKind.LAYER, Positions.LEARNED, false, stacks, Adaptation.NONE));
    }

    private static List<SubLayer> layer(NormKind norm) {
        var attention = Settings.empty("attention").with("heads", 4);
        var mlp = Settings.empty("mlp").with("inner", 64).with("activation", norm == NormKind.RMS ? "swiglu" : "gelu");
        return List.of(
                new SubLayer(new AttentionBlock(), attention, NormPlace.PRE, true, false),
                new SubLayer(new MlpBlock(), mlp, NormPlace.PRE, true, false));
    }

    /** Two experts, one for a token, with fewer places than tokens. */
    static TrainJob mixture() {
        return mixture(2);
    }

    static TrainJob mixture(int experts) {
        var attention = Settings.empty("attention").with("heads", 4);
        var moe = Settings.empty("moe")
                .with("experts", experts)
                .with("top", 1)
                .with("inner", 32)
                .with("activation", "swiglu")
                .with("capacity", 1.0)
                .with("balance_loss", 0.01);
        var layer = List.of(
                new SubLayer(new AttentionBlock(), attention, NormPlace.PRE, true, false),
                new SubLayer(new MoeBlock(), moe, NormPlace.PRE, true, false));
        return job(model(NormKind.RMS, Positions.ROPE, false, List.of(new Stack(4, layer)), Adaptation.NONE));
    }

    private static ModelDefinition model(
            NormKind norm, Positions positions, boolean tied, List<Stack> stacks, Adaptation adaptation) {
        return new ModelDefinition(
                        "nano",
                        32,
                        16,
                        16,
                        positions,
                        positions == Positions.LEARNED ? 16 : 0,
                        norm,
                        1e-5,
                        norm == NormKind.LAYER,
                        tied,
                        false,
                        false,
                        true,
                        stacks,
                        Origin.NONE)
                .with("nano", adaptation, Origin.NONE);
    }

    private static TrainJob job(ModelDefinition model) {
        return new TrainJob(
                "nano",
                model,
                Cluster.of("none", List.of(), Origin.NONE),
                new DataSource.None(),
                8,
                16,
                3,
                Precision.uniform(ElementType.F64),
                OptimizerSettings.ADAMW,
                List.of(Objective.TIME),
                List.of(),
                Map.of(),
                List.of(),
                0,
                50,
                Origin.NONE);
    }

    static Decisions plan(int tensor, int pipeline, int data) {
        return Decisions.none()
                .with(Decision.TENSOR, tensor)
                .with(Decision.SEQUENCE, tensor > 1)
                .with(Decision.PIPELINE, pipeline)
                .with(Decision.INTERLEAVE, 1)
                .with(Decision.DATA, data)
                .with(Decision.SHARD, Decision.Shard.NONE)
                .with(Decision.MICROBATCH, 1)
                .with(Decision.RECOMPUTE, Recomputation.NONE)
                .with(Decision.SCHEDULE, pipeline > 1 ? Decision.Schedule.ONE_F_ONE_B : Decision.Schedule.GPIPE);
    }
}
