package dev.dovetail.runtime.train;

import dev.dovetail.runtime.memory.RankArena;
import dev.dovetail.runtime.memory.RankMemory;
import dev.dovetail.runtime.memory.TieredMemory;
import dev.dovetail.runtime.mesh.Position;
import dev.dovetail.runtime.rank.EventRecorder;
import dev.dovetail.runtime.rank.PlantedBug;
import dev.dovetail.runtime.rank.PlantedBugs;
import dev.dovetail.runtime.rank.RankContext;
import dev.dovetail.runtime.rank.RankProgram;
import dev.dovetail.runtime.rank.StepInputs;
import dev.dovetail.runtime.rank.Workers;
import dev.dovetail.runtime.transport.Traffic;
import dev.dovetail.runtime.transport.Transport;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;

/** One rank from start to end: fill the state, step after step, save, judge. Runs on a thread or as a process. */
final class RankRun {
    private final RunSetup setup;
    private final Position position;
    private final Transport transport;
    /** Present on rank 0. */
    private final Optional<Coordinator> coordinator;

    private List<EventRecorder.Event> timeline = List.of();

    RankRun(RunSetup setup, Position position, Transport transport, Optional<Coordinator> coordinator) {
        this.setup = setup;
        this.position = position;
        this.transport = transport;
        this.coordinator = coordinator;
    }

    void run() {
        RankProgram program = setup.programs().create(position);
        PlantedBugs bugs = setup.planted().at(position);
        String name = position.toString();
        RankMemory memory = TieredMemory.of(
                setup.memory().allocate(position.rank(), name, program.arenaBytes()),
                program.arenaBytes(),
                program.far(),
                name,
                setup.store().root().resolveSibling("beside-rank" + position.rank() + ".bin"));
        try (RankArena arena = setup.poisoned()
                        ? RankArena.poisoned(memory, program.arenaBytes())
                        : RankArena.of(memory, program.arenaBytes());
                Workers workers = new Workers(setup.job().workers())) {
            RankContext context = new RankContext(position, arena, transport, workers, setup.clock(), bugs);
            ControlChannel control = new ControlChannel(transport, context.traffic());
            StateKeeper keeper = new StateKeeper(setup, position, arena.memory(), control);
            keeper.fill(program.state(), bugs);
            program.initialize(context);
            BatchPlan batches = new BatchPlan(setup.job(), setup.data(), position, bugs.has(PlantedBug.MEAN_OF_MEANS));
            coordinator.ifPresent(Coordinator::begin);
            boolean finished;
            try (BatchFeed feed =
                    new BatchFeed(batches, setup.clock(), setup.job().ahead(), name)) {
                finished = train(program, context, control, keeper, feed, bugs);
            }
            if (finished) {
                evaluate(program, context, control, batches);
            }
            report(context, control);
        }
    }

    /** True when the last step is done, false when the run was interrupted. */
    private boolean train(
            RankProgram program,
            RankContext context,
            ControlChannel control,
            StateKeeper keeper,
            BatchFeed feed,
            PlantedBugs bugs) {
        boolean skips = setup.resume().isPresent() && bugs.has(PlantedBug.BATCH_SKIPPED);
        Verdict verdict = setup.firstStep() >= setup.job().steps() ? Verdict.FINISH : Verdict.CONTINUE;
        for (long step = setup.firstStep(); !verdict.stops(); step++) {
            bugs.startStep(step);
            StepInputs inputs = feed.next(
                    step, skips ? step + 1 : step, step + 1 < setup.job().steps());
            StepReport report = runStep(program, context, inputs, feed);
            List<byte[]> reports = control.gather(report.encoded());
            long current = step;
            verdict = Verdict.decode(control.fromFirst(
                    coordinator.map(c -> c.judge(current, reports).encoded()).orElse(new byte[0])));
            if (verdict.saves()) {
                keeper.save(step + 1);
                coordinator.ifPresent(Coordinator::continueTiming);
            }
        }
        return verdict == Verdict.FINISH;
    }

    private StepReport runStep(RankProgram program, RankContext context, StepInputs inputs, BatchFeed feed) {
        context.loss().clear();
        context.events().clear();
        Traffic before = context.traffic().copy();
        long begin = setup.clock().nanoTime();
        program.step(context, inputs);
        context.memory().finish();
        long nanos = setup.clock().nanoTime() - begin;
        // The first steps run in the interpreter; the last one shows what the program is like.
        timeline = context.events().events();
        return new StepReport(
                context.loss().sum(),
                context.loss().tokens(),
                nanos,
                feed.nanos(),
                setup.interrupted().getAsBoolean(),
                context.traffic().since(before));
    }

    private void evaluate(RankProgram program, RankContext context, ControlChannel control, BatchPlan batches) {
        context.loss().clear();
        for (int batch = 0; batch < setup.job().evaluationBatches(); batch++) {
            program.evaluate(context, batches.heldOut(batch));
        }
        StepReport report = new StepReport(context.loss().sum(), context.loss().tokens(), 0, 0, false, List.of());
        List<byte[]> reports = control.gather(report.encoded());
        coordinator.ifPresent(c -> c.judgeHeldOut(batches, reports));
    }

    private void report(RankContext context, ControlChannel control) {
        JsonMapper json = JsonMapper.builder().build();
        RankReport own = RankReport.of(context, transport.bufferBytes(), timeline);
        List<byte[]> all = control.gather(json.writeValueAsString(own).getBytes(StandardCharsets.UTF_8));
        coordinator.ifPresent(c -> c.end(all.stream()
                .map(bytes -> json.readValue(bytes, RankReport.class))
                .toList()));
    }
}
