package dev.dovetail.runtime.launch;

import dev.dovetail.runtime.failure.UsageException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Every launcher a job understands: a new one is its file and a line here. */
public record LauncherCatalog(List<Launcher> launchers) {
    /** The word for a run that starts its own ranks, whatever the environment says. */
    public static final String LOCAL = "local";

    public LauncherCatalog {
        launchers = List.copyOf(launchers);
    }

    /** Open MPI first: inside a Slurm job it starts its ranks through a step of its own, whose variables they inherit. */
    public static LauncherCatalog standard() {
        return new LauncherCatalog(List.of(new OpenMpiLauncher(), new SlurmLauncher(), new KubernetesLauncher()));
    }

    /**
     * This process's place, if it is one of several that a launcher started.
     *
     * @param asked a launcher's name, {@link #LOCAL}, or empty to look for one
     * @param variables the process's environment
     * @throws LaunchException when the launcher asked for left no place
     */
    public Optional<Seat> seat(Optional<String> asked, Map<String, String> variables) {
        if (asked.equals(Optional.of(LOCAL))) {
            return Optional.empty();
        }
        Optional<Launcher> launcher = asked.isPresent()
                ? Optional.of(find(asked.get()))
                : launchers.stream()
                        .filter(l -> l.started(new Environment(l.name(), variables)))
                        .findFirst();
        return launcher.map(l -> l.seat(new Environment(l.name(), variables)));
    }

    private Launcher find(String name) {
        return launchers.stream()
                .filter(launcher -> launcher.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new UsageException(
                        "no launcher is called `" + name + "`",
                        "one of " + LOCAL + ", "
                                + String.join(
                                        ", ",
                                        launchers.stream().map(Launcher::name).toList())));
    }
}
