package dev.dovetail.runtime.launch;

/**
 * Pods of an indexed Kubernetes job. The completion index is the rank; the rest is not in a pod's environment by itself,
 * so the manifests in {@code launch/} say it.
 */
public final class KubernetesLauncher implements Launcher {
    private static final String INDEX = "JOB_COMPLETION_INDEX";
    private static final String WORLD = "DOVETAIL_WORLD";
    private static final String HELP =
            "start the ranks as an indexed job, as `launch/jobset.yaml` does; `--launcher local` runs them here";

    @Override
    public String name() {
        return "kubernetes";
    }

    @Override
    public boolean started(Environment environment) {
        return environment.find(INDEX).isPresent() && environment.find(WORLD).isPresent();
    }

    @Override
    public Seat seat(Environment environment) {
        int rank = environment.number(INDEX, HELP);
        int world = environment.number(WORLD, HELP);
        environment.text(Environment.RENDEZVOUS, HELP);
        var rendezvous = environment.chosenRendezvous().orElseThrow();
        return new Seat(name(), rank, world, rendezvous, "kubernetes " + rendezvous);
    }
}
