package dev.dovetail.cli.launch;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A real Slurm of four nodes on this machine: its own controller and node daemons in a folder, on free ports. Each node is
 * an address of the loopback network, so that nodes have names that resolve to where their tasks run.
 */
final class VirtualSlurm implements AutoCloseable {
    static final int NODES = 4;
    private static final long MOST_SECONDS = 60;

    private final Path folder;
    private final List<Process> daemons = new ArrayList<>();

    private VirtualSlurm(Path folder) {
        this.folder = folder;
    }

    /** Why there can be none here; empty where there can. */
    static Optional<String> missing() {
        return List.of("slurmctld", "slurmd", "sbatch", "srun", "squeue", "sinfo").stream()
                .filter(program -> find(program).isEmpty())
                .findFirst()
                .map(program -> "`" + program + "` is not installed (Debian: slurm-wlm)");
    }

    private static Optional<Path> find(String program) {
        return List.of("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin").stream()
                .map(place -> Path.of(place, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    static VirtualSlurm start(Path folder) throws Exception {
        VirtualSlurm slurm = new VirtualSlurm(folder);
        try {
            Files.createDirectories(folder.resolve("state"));
            Files.writeString(slurm.configuration(), slurm.text(slurm.run(List.of("hostname", "-s"))));
            slurm.daemon("slurmctld", "-D", "-i");
            for (int node = 1; node <= NODES; node++) {
                Files.createDirectories(folder.resolve("spool." + address(node)));
                slurm.daemon("slurmd", "-D", "-N", address(node));
            }
            slurm.await(() -> slurm.run(List.of("sinfo", "-h", "-N", "-t", "idle", "-o", "%N"))
                            .lines()
                            .count()
                    == NODES);
            return slurm;
        } catch (Exception failure) {
            slurm.close();
            throw failure;
        }
    }

    private static String address(int node) {
        return "127.0.0." + node;
    }

    private Path configuration() {
        return folder.resolve("slurm.conf");
    }

    private String text(String host) throws IOException {
        String user = System.getProperty("user.name");
        List<String> ports = new ArrayList<>();
        for (int i = 0; i <= NODES; i++) {
            try (ServerSocket probe = new ServerSocket(0)) {
                ports.add(Integer.toString(probe.getLocalPort()));
            }
        }
        return """
                ClusterName=dovetail
                SlurmctldHost=%1$s(127.0.0.1)
                SlurmctldPort=%2$s
                SlurmUser=%3$s
                SlurmdUser=%3$s
                AuthType=auth/none
                CredType=cred/none
                StateSaveLocation=%4$s/state
                SlurmdSpoolDir=%4$s/spool.%%n
                SlurmctldPidFile=%4$s/controller.pid
                SlurmdPidFile=%4$s/node.%%n.pid
                ProctrackType=proctrack/linuxproc
                TaskPlugin=task/none
                SwitchType=switch/none
                MpiDefault=none
                SlurmdParameters=config_overrides
                SelectType=select/cons_tres
                SelectTypeParameters=CR_CPU
                ReturnToService=2
                NodeName=127.0.0.[1-4] NodeHostname=%1$s NodeAddr=127.0.0.[1-4] Port=[%5$s] CPUs=2 RealMemory=4000
                PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
                """.formatted(host, ports.getFirst(), user, folder, String.join(",", ports.subList(1, ports.size())));
    }

    private void daemon(String program, String... arguments) throws IOException {
        List<String> command =
                new ArrayList<>(List.of(find(program).orElseThrow().toString()));
        command.addAll(List.of(arguments));
        daemons.add(builder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("daemons.log").toFile()))
                .start());
    }

    private ProcessBuilder builder(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("SLURM_CONF", configuration().toString());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return builder;
    }

    /** What a command prints; empty where it fails, as Slurm's do while it comes up. */
    private String run(List<String> command) throws IOException, InterruptedException {
        Process process =
                builder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() == 0 ? printed.strip() : "";
    }

    @FunctionalInterface
    private interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    private void await(Condition condition) throws IOException, InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(MOST_SECONDS);
        while (!condition.holds()) {
            if (System.nanoTime() > end) {
                throw new IOException("Slurm hangs:\n" + Files.readString(folder.resolve("daemons.log")));
            }
            Thread.sleep(100);
        }
    }

    /** Runs a batch script from {@code home} over all nodes, and returns what it printed. */
    String batch(Path home, String script, Map<String, String> environment) throws Exception {
        Path printed = folder.resolve("printed.txt");
        ProcessBuilder submit = builder(List.of("sbatch", "--parsable", "-N" + NODES, "-o", printed.toString(), script))
                .directory(home.toFile());
        submit.environment().putAll(environment);
        Process process = submit.start();
        String job = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
        }
        await(() -> run(List.of("squeue", "-h", "-j", job.strip(), "-o", "%T")).isEmpty());
        return Files.readString(printed);
    }

    @Override
    public void close() throws InterruptedException {
        for (Process daemon : daemons.reversed()) {
            daemon.destroy();
        }
        for (Process daemon : daemons) {
            if (!daemon.waitFor(10, TimeUnit.SECONDS)) {
                daemon.destroyForcibly();
            }
        }
    }
}
