package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.syntax.Job;
import dev.dovetail.ir.block.Head;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.job.DataSource;
import dev.dovetail.ir.job.Objective;
import dev.dovetail.ir.job.OptimizerSettings;
import dev.dovetail.ir.job.Precision;
import dev.dovetail.ir.job.Preparation;
import dev.dovetail.ir.job.Requirement;
import dev.dovetail.ir.job.Start;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Fixed;
import dev.dovetail.ir.spec.EntrySchema;
import dev.dovetail.ir.spec.Schema;
import dev.dovetail.ir.spec.Settings;
import dev.dovetail.ir.spec.Settings.Setting;
import dev.dovetail.ir.spec.Slot;
import dev.dovetail.ir.units.Dimension;
import dev.dovetail.ir.units.Quantity;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * {@code train MODEL on CLUSTER { batch …, tokens …, minimize …, require …, fix { … } }}.
 *
 * <p>One reader, because one entry refuses another: what is asked, what is fixed and what the data can give are read against each
 * other.
 */
final class TrainJobReader {
    /** Many times what any run has taken; schedules count a step's micro-batches one by one. */
    private static final int LARGEST_BATCH = 1 << 20;

    private static final int CHECKPOINT_EVERY = 100;

    private static final Schema OPTIMIZER = Schema.of(
            "optimizer",
            EntrySchema.real("lr", "learning rate after the warm-up"),
            EntrySchema.of(
                    "betas", "decay of the two moments: `betas [0.9, 0.999]`", List.of(new Slot.Numbers("value"))),
            EntrySchema.real("epsilon", "added to the root of the second moment"),
            EntrySchema.real("decay", "decoupled weight decay"),
            EntrySchema.of(
                    "warmup",
                    "steps over which the rate rises from 0",
                    List.of(new Slot.Count("value")),
                    List.of(new Slot.Count("value"), new Slot.Word("steps"))));

    static final Schema SCHEMA = Schema.of(
            "train",
            DataReader.DATA,
            StartReader.SCHEMA,
            EntrySchema.of(
                            "batch",
                            "the global batch: `batch 1536 sequences`, `batch 64 sequences of 4096`",
                            List.of(new Slot.Count("value"), new Slot.Choice("unit", List.of("sequences", "samples"))),
                            List.of(
                                    new Slot.Count("value"),
                                    new Slot.Word("sequences"),
                                    new Slot.Word("of"),
                                    new Slot.Count("length")))
                    .mandatory(),
            EntrySchema.count("tokens", "tokens of the whole job"),
            EntrySchema.count("steps", "optimizer steps of the whole job"),
            PrecisionReader.SCHEMA,
            EntrySchema.of("optimizer", "adamw unless said", List.of(new Slot.Choice("value", List.of())))
                    .with(OPTIMIZER),
            EntrySchema.of("minimize", "`minimize time then energy`; time unless said"),
            EntrySchema.of("pareto", "the front of plans to choose from: `pareto [time, energy]`"),
            EntrySchema.of("require", "`require memory <= 95% of hbm`").repeated(),
            EntrySchema.of("fix", "decisions the spec takes itself: `fix { tensor 8, pipeline 8 }`"),
            EntrySchema.of("allow", "techniques the solver may use; all that it has unless forbidden"),
            EntrySchema.of("forbid", "techniques the solver may not use: `forbid [interleave]`"),
            EntrySchema.count("seed", "of all random numbers; 0 unless said"),
            EntrySchema.measure("price", Dimension.PRICE, "what an hour of one device costs"),
            ClusterReader.GRID,
            EntrySchema.of(
                    "checkpoint",
                    "`checkpoint every 100 steps`",
                    List.of(new Slot.Word("every"), new Slot.Count("value"), new Slot.Word("steps"))));

    private final ResolveContext context;
    private final ObjectiveReader objectives;
    private final DecisionReader decisions;
    private final PrecisionReader precisions;
    private final DataReader data;
    private final Sizes sizes;

    TrainJobReader(ResolveContext context) {
        this.context = context;
        this.objectives = new ObjectiveReader(context.diagnostics());
        this.decisions =
                new DecisionReader(context.diagnostics(), context.options().techniques());
        this.precisions = new PrecisionReader(context.diagnostics());
        this.data = new DataReader(context);
        this.sizes = new Sizes(context.diagnostics());
    }

    /** Empty where the model, the cluster or an entry is wrong; everything wrong is reported. */
    Optional<TrainJob> read(Job job, Optional<ModelDefinition> model, Optional<Cluster> cluster) {
        long errorsBefore = context.diagnostics().errors();
        ReadBlock block = context.blocks().read(job.entries(), job.subject().span(), SCHEMA, Scope.EMPTY);
        // Read before anything is built, so that every mistake comes out.
        boolean here = cluster.flatMap(Cluster::thisMachine).isPresent()
                && !context.options().gpus();
        model.ifPresent(trained -> reportNoLoss(job, trained));
        Contents contents = contents(block, model, here);
        boolean sound = context.diagnostics().errors() == errorsBefore;
        return sound && model.isPresent() && cluster.isPresent()
                ? Optional.of(job(job, contents, model.get(), Prices.applied(cluster.get(), block.settings())))
                : Optional.empty();
    }

    /** What the entries say, whatever model and cluster they are for. */
    private record Contents(
            DataSource data,
            Optional<Preparation> preparation,
            List<Start> starts,
            int batch,
            int sequence,
            long steps,
            Precision precision,
            OptimizerSettings optimizer,
            List<Objective> minimized,
            List<Objective> front,
            List<Requirement> requirements,
            Map<String, Fixed> fixed,
            List<String> forbidden,
            long seed,
            int checkpointEvery) {}

    private Contents contents(ReadBlock block, Optional<ModelDefinition> model, boolean here) {
        Settings said = block.settings();
        int batch = batch(said);
        reportSamples(said, model);
        // All techniques are allowed from the start: this only tells of those there are not.
        decisions.techniques(block.first("allow"), Map.of());
        Map<String, Fixed> fixed = decisions.fixed(block.first("fix"));
        int sequence = sequence(said, model);
        return new Contents(
                data.read(block.first("data"), model, sequence),
                block.first("data").flatMap(entry -> data.preparation(entry, here)),
                new StartReader(context.diagnostics()).read(said, model),
                batch,
                sequence,
                steps(said, (long) batch * sequence),
                precisions.read(said, here),
                optimizer(said),
                objectives.minimized(block.first("minimize")),
                objectives.front(block.first("pareto")),
                objectives.requirements(block.all("require")),
                fixed,
                decisions.techniques(block.first("forbid"), fixed),
                said.count("seed").orElse(0L),
                sizes.positive(said, "checkpoint").orElse(CHECKPOINT_EVERY));
    }

    private static TrainJob job(Job job, Contents contents, ModelDefinition model, Cluster cluster) {
        return new TrainJob(
                job.name(),
                model,
                cluster,
                contents.data(),
                contents.batch(),
                contents.sequence(),
                contents.steps(),
                contents.precision(),
                contents.optimizer(),
                contents.minimized(),
                contents.front(),
                contents.requirements(),
                contents.fixed(),
                contents.forbidden(),
                contents.seed(),
                contents.checkpointEvery(),
                contents.preparation(),
                contents.starts(),
                Origins.of(job.subject()));
    }

    private void reportNoLoss(Job job, ModelDefinition model) {
        if (model.ends().head() instanceof Head.Paired) {
            // Each is told from all others of a batch, which ranks and micro-batches cut apart.
            context.diagnostics()
                    .report(Diagnostic.unsupported(
                            job.subject().span(), "training `" + model.name() + "` to tell pairs of a batch apart is"));
            return;
        }
        if (model.latent().isEmpty() && !model.ends().head().isJudged()) {
            context.diagnostics()
                    .report(Diagnostic.error(
                                    DiagnosticCode.CONFLICT,
                                    job.subject().span(),
                                    "`" + model.name() + "` has no loss to train by")
                            .withHelp(
                                    "say `head tokens` or `head classes 10` in it, or make it the encoder of a model"));
        }
    }

    private int batch(Settings said) {
        int batch = sizes.positive(said, "batch").orElse(1);
        if (batch > LARGEST_BATCH) {
            context.diagnostics()
                    .report(Diagnostic.error(
                                    DiagnosticCode.OUT_OF_RANGE,
                                    Origins.span(said.originOf("batch")),
                                    String.format(
                                            Locale.ROOT,
                                            "`batch` is at most %,d sequences, found %,d",
                                            LARGEST_BATCH,
                                            batch))
                            .withNote("what one step learns from; `tokens` says how many all steps learn from"));
        }
        return Math.min(batch, LARGEST_BATCH);
    }

    private void reportSamples(Settings said, Optional<ModelDefinition> model) {
        boolean pictures = model.isEmpty() || DataReader.takesPictures(model.get());
        said.group("batch")
                .filter(batch -> !pictures)
                .filter(batch -> batch.word("unit").orElse("").equals("samples"))
                .ifPresent(batch -> context.diagnostics()
                        .report(Diagnostic.unsupported(
                                Origins.span(batch.originOf("unit")), "a batch of samples that are not text is")));
    }

    private int sequence(Settings said, Optional<ModelDefinition> model) {
        int longest = model.map(ModelDefinition::context).orElse(Integer.MAX_VALUE);
        Optional<Settings> batch = said.group("batch").filter(group -> group.has("length"));
        Optional<Integer> length = batch.flatMap(group -> sizes.positive(group, "length"));
        if (length.isPresent() && length.get() > longest) {
            context.diagnostics()
                    .report(Diagnostic.error(
                            DiagnosticCode.OUT_OF_RANGE,
                            Origins.span(batch.get().originOf("length")),
                            "sequences of " + length.get() + " tokens are longer than the model's context of "
                                    + longest));
        }
        return length.orElse(model.map(ModelDefinition::context).orElse(1));
    }

    /** 0 where the spec names neither steps nor tokens. */
    private long steps(Settings said, long tokensPerStep) {
        if (said.has("steps") && said.has("tokens")) {
            context.diagnostics()
                    .report(Diagnostic.error(
                                    DiagnosticCode.CONFLICT,
                                    Origins.span(said.originOf("tokens")),
                                    "a job lasts for `steps` or for `tokens`, not both")
                            .withRelated(Origins.span(said.originOf("steps")), "`steps` are said here"));
        }
        long fromTokens = Math.ceilDiv(said.count("tokens").orElse(0L), tokensPerStep);
        return said.count("steps").orElse(fromTokens);
    }

    private OptimizerSettings optimizer(Settings said) {
        OptimizerSettings usual = OptimizerSettings.ADAMW;
        Settings optimizer = said.group("optimizer").orElse(Settings.empty("optimizer"));
        String name = optimizer.word("value").orElse("adamw");
        if (!name.equals("adamw")) {
            context.diagnostics()
                    .report(Diagnostic.unsupported(
                            Origins.span(optimizer.originOf("value")), "the optimizer `" + name + "` is"));
        }
        List<Double> betas = betas(optimizer);
        return new OptimizerSettings(
                optimizer.real("lr").orElse(usual.learningRate()),
                betas.isEmpty() ? usual.beta1() : betas.getFirst(),
                betas.isEmpty() ? usual.beta2() : betas.getLast(),
                optimizer.real("epsilon").orElse(usual.epsilon()),
                optimizer.real("decay").orElse(usual.decay()),
                sizes.atLeast(0, optimizer, "warmup").orElse(usual.warmup()));
    }

    /** Two, or none where the spec does not say or says it wrongly. */
    private List<Double> betas(Settings optimizer) {
        Optional<Setting> said = optimizer.find("betas");
        if (said.isEmpty() || !(said.get() instanceof Setting.Numbers numbers)) {
            return List.of();
        }
        List<Double> betas = numbers.quantities().stream().map(Quantity::value).toList();
        boolean sound = betas.size() == 2 && betas.stream().allMatch(beta -> beta >= 0 && beta < 1);
        if (!sound) {
            context.diagnostics()
                    .report(Diagnostic.error(
                                    DiagnosticCode.OUT_OF_RANGE,
                                    Origins.span(numbers.origin()),
                                    "`betas` expects two numbers from 0 to below 1")
                            .withHelp("such as `betas [0.9, 0.999]`"));
        }
        return sound ? betas : List.of();
    }
}
