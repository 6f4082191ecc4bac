package dev.dovetail.runtime.launch;

import dev.dovetail.runtime.transport.HostAddress;

/**
 * Processes of Open MPI's {@code mpirun}. It starts them and no more: ranks talk over the job's own sockets. It tells no
 * process where rank 0 runs, so a run over several hosts says so itself.
 */
public final class OpenMpiLauncher implements Launcher {
    private static final String HELP = "start the ranks with `mpirun -np N`; `--launcher local` runs them here";
    private static final String LOOPBACK = "127.0.0.1";

    @Override
    public String name() {
        return "openmpi";
    }

    @Override
    public boolean started(Environment environment) {
        return environment.find("OMPI_COMM_WORLD_SIZE").isPresent()
                && !environment.find("OMPI_COMM_WORLD_SIZE").get().equals("1");
    }

    @Override
    public Seat seat(Environment environment) {
        int rank = environment.number("OMPI_COMM_WORLD_RANK", HELP);
        int world = environment.number("OMPI_COMM_WORLD_SIZE", HELP);
        // Open MPI 4 has the second name alone.
        String run = "mpirun "
                + environment
                        .find("PMIX_NAMESPACE")
                        .or(() -> environment.find("OMPI_MCA_ess_base_jobid"))
                        .orElse("");
        return new Seat(
                name(),
                rank,
                world,
                environment.chosenRendezvous().orElseGet(() -> here(environment, world, run)),
                run);
    }

    private static HostAddress here(Environment environment, int world, String run) {
        int local = environment.number("OMPI_COMM_WORLD_LOCAL_SIZE", HELP);
        if (local != world) {
            throw new LaunchException(
                    "mpirun started " + world + " ranks, " + local
                            + " of them on this host, and does not say where rank 0 is",
                    "add `-x " + Environment.RENDEZVOUS
                            + "=HOST:29400` with the host of rank 0, the first of the hosts");
        }
        return Environment.agreed(LOOPBACK, run);
    }
}
