package dev.dovetail.cli.parity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.runtime.data.Windows;
import dev.dovetail.runtime.memory.RankArena;
import dev.dovetail.runtime.mesh.Mesh;
import dev.dovetail.runtime.mesh.Position;
import dev.dovetail.runtime.rank.PlantedBugs;
import dev.dovetail.runtime.rank.RankContext;
import dev.dovetail.runtime.rank.StateInitializer;
import dev.dovetail.runtime.rank.Workers;
import dev.dovetail.runtime.sample.DecodeProgram;
import dev.dovetail.runtime.sample.Decoder;
import dev.dovetail.runtime.time.Clock;
import dev.dovetail.runtime.transport.InProcessNetwork;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Decoding with a cache of keys and values, or with states, is the training form's forward pass, a few tokens at a time. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DecodingTest {
    private static final double CLOSE = 1e-10;
    private static final int FRESH = 5;

    private final PlanCompiler.Shared shared = new PlanCompiler.Shared();

    private static TrainJob job(String model) {
        return switch (model) {
            case "gpt" -> NanoModel.gpt(ElementType.F64);
            case "llama" -> NanoModel.llama(ElementType.F64);
            // Decoding drops nothing, so neither may training.
            case "moe" -> NanoModel.moe(ElementType.F64, Optional.empty());
            case "latent" -> NanoModel.latent(ElementType.F64);
            case "hybrid" -> NanoModel.hybrid(ElementType.F64);
            default -> throw new IllegalArgumentException(model);
        };
    }

    /** A decoder of the untrained model: every plan starts from the same weights. */
    private void decoding(TrainJob job, Consumer<Decoder> use) {
        DecodeProgram program = new PlanCompiler(job, shared).decode(FRESH);
        Position alone = new Mesh(List.of()).position(0);
        try (RankArena arena = RankArena.of("the model", program.arenaBytes());
                InProcessNetwork network = new InProcessNetwork(1, Duration.ofMinutes(1));
                Workers workers = Workers.single()) {
            var context =
                    new RankContext(alone, arena, network.endpoint(0), workers, Clock.wall(), PlantedBugs.none(alone));
            var initializer = new StateInitializer(job.seed());
            program.state().forEach(shard -> initializer.fill(shard, arena.memory()));
            use.accept(program.open(context));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt", "llama", "moe", "latent", "hybrid"})
    void tokenByTokenGivesTheLossOfTheTrainingForm(String model) {
        TrainJob job = job(model);
        double trained = InProcessRun.of(job, new PlanCompiler(job, shared).compile(LegalPlans.reference()), 1)
                .losses()
                .getFirst();
        Windows windows = InProcessRun.windows(job, 0);
        decoding(job, decoder -> {
            double loss = 0;
            for (int sample = 0; sample < job.batch(); sample++) {
                loss += sequenceLoss(decoder, windows, sample);
            }
            assertEquals(trained, loss / job.tokensPerStep(), CLOSE * trained);
        });
    }

    private static double sequenceLoss(Decoder decoder, Windows windows, int sample) {
        double loss = 0;
        double[] logits = new double[decoder.vocabulary()];
        decoder.reset();
        for (int i = 0; i < windows.sequence(); i++) {
            decoder.read(new int[] {windows.token(sample, i)}, logits);
            double sum = 0;
            for (double logit : logits) {
                sum += Math.exp(logit);
            }
            loss += Math.log(sum) - logits[windows.token(sample, i + 1)];
        }
        return loss;
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpt", "llama", "moe", "latent", "hybrid"})
    void aPromptReadAtOnceLeavesTheSameScores(String model) {
        TrainJob job = job(model);
        Windows windows = InProcessRun.windows(job, 0);
        int[] prompt = new int[NanoModel.SEQUENCE];
        for (int i = 0; i < prompt.length; i++) {
            prompt[i] = windows.token(3, i);
        }
        decoding(job, decoder -> {
            double[] slowly = new double[decoder.vocabulary()];
            for (int token : prompt) {
                decoder.read(new int[] {token}, slowly);
            }
            double[] atOnce = new double[decoder.vocabulary()];
            decoder.reset();
            decoder.read(prompt, atOnce);
            assertArrayEquals(slowly, atOnce, CLOSE);
        });
    }
}
