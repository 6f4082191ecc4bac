package dev.dovetail.runtime.launch;

import dev.dovetail.runtime.transport.HostAddress;

/** Tasks of a Slurm job step ({@code srun}); rank 0 is on the step's first node, where Slurm's own distributions put it. */
public final class SlurmLauncher implements Launcher {
    private static final String HELP =
            "start the ranks with `srun`, one task each, as `launch/slurm.sbatch` does; `--launcher local` runs them here";

    @Override
    public String name() {
        return "slurm";
    }

    /** A batch script itself has SLURM_PROCID too, but no step of its own. */
    @Override
    public boolean started(Environment environment) {
        return environment.find("SLURM_STEP_NUM_TASKS").isPresent()
                && !environment.find("SLURM_STEP_NUM_TASKS").get().equals("1");
    }

    @Override
    public Seat seat(Environment environment) {
        int rank = environment.number("SLURM_PROCID", HELP);
        int world = environment.number(
                environment.find("SLURM_STEP_NUM_TASKS").isPresent() ? "SLURM_STEP_NUM_TASKS" : "SLURM_NTASKS", HELP);
        String run = "slurm job " + environment.text("SLURM_JOB_ID", HELP) + " step "
                + environment.text("SLURM_STEP_ID", HELP);
        HostAddress rendezvous = environment
                .chosenRendezvous()
                .orElseGet(() -> Environment.agreed(firstHost(environment.text("SLURM_STEP_NODELIST", HELP)), run));
        return new Seat(name(), rank, world, rendezvous, run);
    }

    /** The first of a list as Slurm shortens them: {@code gpu[003-008,11],login} is {@code gpu003}. */
    static String firstHost(String list) {
        StringBuilder host = new StringBuilder();
        int at = 0;
        while (at < list.length() && list.charAt(at) != ',') {
            if (list.charAt(at) != '[') {
                host.append(list.charAt(at++));
                continue;
            }
            int end = list.indexOf(']', at);
            if (end < 0) {
                throw new LaunchException("`" + list + "` is not a list of nodes: a bracket stays open", HELP);
            }
            host.append(list.substring(at + 1, end).split("[-,]", -1)[0]);
            at = end + 1;
        }
        return host.toString();
    }
}
