package dev.dovetail.cli.parity;

import dev.dovetail.backends.cpu.CpuTarget;
import dev.dovetail.backends.java.JobFacts;
import dev.dovetail.backends.java.JobHeader;
import dev.dovetail.backends.java.JobLoader;
import dev.dovetail.backends.java.JobSources;
import dev.dovetail.backends.java.KernelLibrary;
import dev.dovetail.backends.java.SampleForm;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.plan.Decisions;
import dev.dovetail.ir.program.Program;
import dev.dovetail.optimizer.lower.LayerCache;
import dev.dovetail.optimizer.lower.LowerDecode;
import dev.dovetail.optimizer.lower.LowerPlan;
import dev.dovetail.optimizer.pack.GreedyPacker;
import dev.dovetail.runtime.mesh.Position;
import dev.dovetail.runtime.rank.RankProgram;
import dev.dovetail.runtime.sample.DecodeProgram;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** From decisions to classes, through the same lowering and generator as {@code dovetail run}; many plans in one go. */
final class PlanCompiler {
    private final TrainJob job;
    private final Shared shared;
    private final LayerCache layers = new LayerCache(new GreedyPacker());

    /** What compilers for several jobs have in common: kernels and layers are compiled, loaded and optimised once. */
    static final class Shared {
        private final JobLoader loader =
                new JobLoader(System.getProperty("java.class.path"), PlanCompiler.class.getClassLoader());
        // Small kernels that run a few times finish before vector code would be compiled.
        private final KernelLibrary library = new KernelLibrary(CpuTarget.scalar(), "parity");
        private int plans;
    }

    PlanCompiler(TrainJob job, Shared shared) {
        this.job = job;
        this.shared = shared;
    }

    Program lower(Decisions decisions) {
        return LowerPlan.lower(job, decisions, layers);
    }

    CompiledPlan compile(Decisions decisions) {
        return compile(List.of(decisions)).getFirst();
    }

    /** As the caller takes plans, the next ones are compiled on another thread. */
    void forEach(List<Decisions> plans, int together, Consumer<CompiledPlan> action) {
        var ahead = CompletableFuture.completedFuture(List.<CompiledPlan>of());
        for (int from = 0; from < plans.size() || !ahead.join().isEmpty(); from += together) {
            List<CompiledPlan> ready = ahead.join();
            var next = plans.subList(Math.min(from, plans.size()), Math.min(from + together, plans.size()));
            ahead = CompletableFuture.supplyAsync(() -> next.isEmpty() ? List.of() : compile(next));
            ready.forEach(action);
        }
    }

    List<CompiledPlan> compile(List<Decisions> plans) {
        var programs = plans.stream().map(this::lower).toList();
        var sources = programs.stream()
                .map(program -> sources(program, Optional.empty()))
                .toList();
        List<Class<?>> mains = shared.loader.load(sources);
        var result = new ArrayList<CompiledPlan>();
        for (int i = 0; i < plans.size(); i++) {
            result.add(new CompiledPlan(plans.get(i), programs.get(i), factory(mains.get(i))));
        }
        return result;
    }

    private JobSources sources(Program program, Optional<SampleForm> sampling) {
        var facts = new JobFacts(
                job.name(),
                "",
                job.steps(),
                job.batch(),
                job.seed(),
                job.optimizer(),
                job.data(),
                0,
                1,
                0,
                1,
                Optional.empty(),
                List.of(),
                false,
                job.model().latent(),
                JobFacts.Shown.of(job.model()));
        var header = new JobHeader("test", "parity", job.name(), List.of());
        return JobSources.sharing(shared.library, program, sampling, facts, header, "parity.plan" + shared.plans++);
    }

    /** The decode form of the job's model, for calls of up to {@code tokens} tokens. */
    DecodeProgram decode(int tokens) {
        int context = job.model().context();
        var program =
                LowerDecode.lower(job.model(), tokens, context, job.precision().compute(), new GreedyPacker());
        var sources = sources(lower(LegalPlans.reference()), Optional.of(new SampleForm.Decoding(program, context)));
        Class<?> main = shared.loader.load(sources);
        try {
            Class<?> decode = main.getClassLoader().loadClass(sources.packageName() + ".Decode");
            return (DecodeProgram) MethodHandles.lookup()
                    .findConstructor(decode, MethodType.methodType(void.class))
                    .invoke();
        } catch (Throwable e) {
            throw new IllegalStateException(main + " has no decode form", e);
        }
    }

    static RankProgram.Factory factory(Class<?> main) {
        try {
            MethodHandle program = MethodHandles.lookup()
                    .findStatic(main, "program", MethodType.methodType(RankProgram.class, Position.class));
            return position -> create(program, position);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(main + " is no job", e);
        }
    }

    private static RankProgram create(MethodHandle program, Position position) {
        try {
            return (RankProgram) program.invokeExact(position);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }
}
