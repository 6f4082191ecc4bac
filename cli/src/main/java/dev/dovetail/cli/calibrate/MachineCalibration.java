package dev.dovetail.cli.calibrate;

import dev.dovetail.backends.cpu.KernelCatalog;
import dev.dovetail.backends.cpu.KernelTask;
import dev.dovetail.backends.cpu.compile.KernelCompiler;
import dev.dovetail.backends.cpu.compile.KernelLoader;
import dev.dovetail.backends.cpu.compile.LoadedKernel;
import dev.dovetail.backends.cpu.machine.Ceilings;
import dev.dovetail.backends.cpu.machine.CpuAtHand;
import dev.dovetail.ir.calibration.MachineProfile;
import dev.dovetail.ir.calibration.MachineProfile.Ceiling;
import dev.dovetail.ir.calibration.MachineProfile.KernelLaw;
import dev.dovetail.ir.calibration.Workload;
import dev.dovetail.ir.calibration.Workloads;
import dev.dovetail.ir.scalar.AdamW;
import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import dev.dovetail.optimizer.solver.LeastAbsoluteFit;
import dev.dovetail.runtime.memory.MachineMemory;
import dev.dovetail.runtime.rank.Workers;
import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Measures the machine: every kernel family at sizes of its own, messages, and the ceilings that kernels are held against.
 *
 * <p>As many kernels run at once as there are cores, each on one, because that is how ranks run: what they take from each other
 * (cache, memory, clock) is in the figures.
 */
public final class MachineCalibration {
    static final int[] UPDATES = {20_000, 300_000, 3_000_000};

    /** Samples of a law that are timed on all threads too, and how many seconds those take at most. */
    private static final int SHARED = 5;

    private static final double LONGEST_SHARED = 5e-3;

    private static final long[] ZEROED = {100_000, 1_500_000, 12_000_000};

    private final KernelLoader loader;
    private final Processor processor;

    public MachineCalibration(Processor processor, String runtimeClasspath) {
        this.processor = processor;
        this.loader = new KernelLoader(new KernelCatalog(CpuAtHand.target()), new KernelCompiler(runtimeClasspath));
    }

    /** Hears how far the measurement has come. */
    interface Listener {
        void measured(int done, int of, String law);
    }

    /** One kernel to be timed, and the workload it stands for. */
    private record Timed(ElementType element, Workload workload, KernelTask task, LoadedKernel kernel) {}

    private record Measured(Timed timed, Timing timing) {
        Measured quieter(Measured again) {
            return new Measured(timed, timing.quieter(again.timing));
        }
    }

    /**
     * Takes about half a minute for each element type, more where other programs disturb it.
     *
     * @param folder on the drive to be measured
     */
    public MachineProfile measure(List<ElementType> elements, Path folder, Listener listener)
            throws InterruptedException, IOException {
        var timed = new ArrayList<Timed>();
        elements.forEach(element -> timed.addAll(load(element)));
        List<Ceiling> before = peaks(elements);
        var measured = measureAll(timed, listener);
        double launch = parallelLaunch();
        var laws = new ArrayList<>(fit(measured, launch));
        elements.forEach(element -> laws.add(zeroing(element)));
        List<Ceiling> after = peaks(elements);
        return new MachineProfile(
                processor.name(),
                processor.cores(),
                MachineMemory.read().totalBytes(),
                LocalDate.now(ZoneOffset.UTC).toString(),
                after,
                Ceilings.copy(processor.cores()),
                DriveProbe.measure(folder),
                MessageProbe.measure(),
                launch,
                laws,
                Disturbance.of(measured.stream().map(Measured::timing).toList(), before, after));
    }

    private List<Ceiling> peaks(List<ElementType> elements) {
        return elements.stream()
                .map(element -> new Ceiling(element, Ceilings.fma(element, processor.cores())))
                .toList();
    }

    private List<Timed> load(ElementType element) {
        var workloads = new LinkedHashMap<KernelTask, Workload>();
        for (KernelSamples.Sample sample : KernelSamples.of(element)) {
            workloads.put(
                    new KernelTask.Operator(sample.op(), sample.operands()),
                    Workloads.of(sample.op(), sample.operands()));
        }
        for (int elementsUpdated : UPDATES) {
            TensorType flat = TensorType.of(element, Dim.of("flat", elementsUpdated));
            workloads.put(
                    new KernelTask.Update(new AdamW(0.9, 0.999, 1e-8, 0), flat), Workloads.update(elementsUpdated));
        }
        Map<KernelTask, LoadedKernel> kernels = loader.load(workloads.keySet());
        return workloads.entrySet().stream()
                .map(e -> new Timed(element, e.getValue(), e.getKey(), kernels.get(e.getKey())))
                .toList();
    }

    /** Every kernel once, and again those that other programs disturbed, unless they are so many that the machine is busy. */
    private List<Measured> measureAll(List<Timed> timed, Listener listener) throws InterruptedException {
        List<Measured> first = sideBySide(timed, listener);
        var disturbed = first.stream()
                .filter(m -> m.timing().disturbed())
                .map(Measured::timed)
                .toList();
        if (disturbed.size() > timed.size() / 2) {
            return first;
        }
        Map<Timed, Measured> again = sideBySide(disturbed, listener).stream()
                .collect(Collectors.toMap(Measured::timed, Function.identity()));
        return first.stream()
                .map(m -> again.containsKey(m.timed()) ? m.quieter(again.get(m.timed())) : m)
                .toList();
    }

    private List<Measured> sideBySide(List<Timed> timed, Listener listener) throws InterruptedException {
        var waiting = new ConcurrentLinkedQueue<>(timed);
        var measured = new ConcurrentLinkedQueue<Measured>();
        var done = new AtomicInteger();
        var threads = new ArrayList<Thread>();
        for (int core = 0; core < processor.cores(); core++) {
            threads.add(Thread.ofPlatform().name("calibrate-" + core).start(() -> {
                for (Timed next = waiting.poll(); next != null; next = waiting.poll()) {
                    measured.add(new Measured(next, KernelStopwatch.time(next.kernel(), next.task())));
                    listener.measured(
                            done.incrementAndGet(),
                            timed.size(),
                            next.workload().law());
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        return List.copyOf(measured);
    }

    private List<KernelLaw> fit(List<Measured> measured, double launchSeconds) {
        var groups = new TreeMap<String, List<Measured>>();
        for (Measured m : measured) {
            String key = m.timed().workload().law() + " " + m.timed().element();
            groups.computeIfAbsent(key, k -> new ArrayList<>()).add(m);
        }
        return groups.values().stream()
                .map(group -> fitOne(group, launchSeconds))
                .toList();
    }

    private KernelLaw fitOne(List<Measured> group, double launchSeconds) {
        Timed first = group.getFirst().timed();
        var fit = LeastAbsoluteFit.fit(group.stream()
                .map(m -> new LeastAbsoluteFit.Sample(
                        m.timed().workload().amounts(), m.timing().seconds()))
                .toList());
        return new KernelLaw(
                first.workload().law(),
                first.element(),
                first.workload().terms(),
                fit.costs(),
                fit.error(),
                parallelLoss(group, launchSeconds));
    }

    /** Setting memory to zero is the runtime's, not a kernel's, and one thread's; it follows a law of its own all the same. */
    private KernelLaw zeroing(ElementType element) {
        var samples = new ArrayList<LeastAbsoluteFit.Sample>();
        for (long bytes : ZEROED) {
            samples.add(new LeastAbsoluteFit.Sample(
                    Workloads.zero(bytes).amounts(), KernelStopwatch.zero(bytes).seconds()));
        }
        Workload first = Workloads.zero(ZEROED[0]);
        var fit = LeastAbsoluteFit.fit(samples);
        return new KernelLaw(first.law(), element, first.terms(), fit.costs(), fit.error(), processor.cores());
    }

    /** Seconds to hand an empty loop to the threads of a rank and collect them again. */
    private double parallelLaunch() {
        if (processor.cores() == 1) {
            return 0;
        }
        try (Workers workers = new Workers(processor.cores())) {
            var times = new ArrayList<Double>();
            for (int i = 0; i < 4000; i++) {
                long began = System.nanoTime();
                workers.parallel(processor.cores(), (worker, from, to) -> {});
                times.add((System.nanoTime() - began) * 1e-9);
            }
            return Medians.of(times.subList(2000, 4000));
        }
    }

    /** The median over the longest of a law's samples, but those that take so long that few are launched in a window. */
    private double parallelLoss(List<Measured> group, double launchSeconds) {
        if (processor.cores() == 1) {
            return 1;
        }
        var losses = group.stream()
                .filter(m -> m.timing().seconds() < LONGEST_SHARED)
                .sorted(Comparator.comparingDouble(m -> -m.timing().seconds()))
                .limit(SHARED)
                .map(m -> (KernelStopwatch.time(m.timed().kernel(), m.timed().task(), processor.cores())
                                        .seconds()
                                - launchSeconds)
                        * processor.cores()
                        / m.timing().seconds())
                .toList();
        return losses.isEmpty() ? 1 : Math.max(1, Medians.of(losses));
    }
}
