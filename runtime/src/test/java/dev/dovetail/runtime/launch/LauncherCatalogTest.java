package dev.dovetail.runtime.launch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.runtime.failure.UsageException;
import dev.dovetail.runtime.transport.HostAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LauncherCatalogTest {
    private static final LauncherCatalog CATALOG = LauncherCatalog.standard();

    /** As srun leaves it, seen under Slurm 22.05. */
    private static final Map<String, String> SRUN = Map.of(
            "SLURM_PROCID", "2",
            "SLURM_NTASKS", "4",
            "SLURM_STEP_NUM_TASKS", "4",
            "SLURM_JOB_ID", "17",
            "SLURM_STEP_ID", "0",
            "SLURM_STEP_NODELIST", "n[1-4]");
    /** As mpirun leaves it, seen under Open MPI 4.1.4. */
    private static final Map<String, String> MPIRUN = Map.of(
            "OMPI_COMM_WORLD_RANK", "3",
            "OMPI_COMM_WORLD_SIZE", "4",
            "OMPI_COMM_WORLD_LOCAL_SIZE", "4",
            "PMIX_NAMESPACE", "1234567890");
    /** As the manifests in {@code launch/} make it. */
    private static final Map<String, String> POD = Map.of(
            "JOB_COMPLETION_INDEX", "1",
            "DOVETAIL_WORLD", "4",
            "DOVETAIL_RENDEZVOUS", "quick-ranks-0-0.quick:29400");

    private static Seat seat(Map<String, String> variables) {
        return CATALOG.seat(Optional.empty(), variables).orElseThrow();
    }

    private static Map<String, String> with(Map<String, String> variables, String name, String value) {
        var changed = new HashMap<>(variables);
        changed.put(name, value);
        return changed;
    }

    private static Map<String, String> without(Map<String, String> variables, String name) {
        var changed = new HashMap<>(variables);
        changed.remove(name);
        return changed;
    }

    @Test
    void slurmTasksMeetOnTheirFirstNode() {
        Seat seat = seat(SRUN);
        assertEquals("slurm", seat.launcher());
        assertEquals(2, seat.rank());
        assertEquals(4, seat.world());
        assertEquals("n1", seat.rendezvous().host());
        assertEquals("slurm job 17 step 0", seat.run());
    }

    @Test
    void stepsOfOneJobMeetAtPortsOfTheirOwn() {
        assertEquals(
                seat(SRUN).rendezvous(), seat(with(SRUN, "SLURM_PROCID", "0")).rendezvous());
        assertTrue(seat(SRUN).rendezvous().port()
                != seat(with(SRUN, "SLURM_STEP_ID", "1")).rendezvous().port());
    }

    @Test
    void mpirunRanksOfOneHostMeetOnIt() {
        Seat seat = seat(MPIRUN);
        assertEquals("openmpi", seat.launcher());
        assertEquals(3, seat.rank());
        assertEquals(4, seat.world());
        assertEquals("127.0.0.1", seat.rendezvous().host());
    }

    @Test
    void mpirunOverSeveralHostsAsksWhereRank0Is() {
        Map<String, String> spread = with(MPIRUN, "OMPI_COMM_WORLD_LOCAL_SIZE", "2");
        LaunchException asked = assertThrows(LaunchException.class, () -> seat(spread));
        assertTrue(asked.help().contains("-x DOVETAIL_RENDEZVOUS="), asked.help());
        assertEquals(
                new HostAddress("node7", 29400),
                seat(with(spread, "DOVETAIL_RENDEZVOUS", "node7:29400")).rendezvous());
    }

    @Test
    void podsTakeTheirIndex() {
        Seat seat = seat(POD);
        assertEquals("kubernetes", seat.launcher());
        assertEquals(1, seat.rank());
        assertEquals(4, seat.world());
        assertEquals(new HostAddress("quick-ranks-0-0.quick", 29400), seat.rendezvous());
    }

    @Test
    void aPlainProcessHasNoSeat() {
        assertEquals(Optional.empty(), CATALOG.seat(Optional.empty(), Map.of("PATH", "/bin")));
    }

    /** Inside a batch script, where SLURM_PROCID is set too, a job runs by itself. */
    @Test
    void aBatchScriptItselfIsNoRank() {
        var batch =
                Map.of("SLURM_PROCID", "0", "SLURM_NTASKS", "4", "SLURM_JOB_ID", "17", "SLURM_STEP_ID", "4294967291");
        assertEquals(Optional.empty(), CATALOG.seat(Optional.empty(), batch));
    }

    /** On hosts other than the first, mpirun inside a Slurm job starts its ranks below a step with one task a host. */
    @Test
    void mpirunInsideASlurmJobIsMpirun() {
        var both = new HashMap<>(SRUN);
        both.putAll(MPIRUN);
        assertEquals("openmpi", seat(both).launcher());
    }

    @Test
    void localMeansLocalWhateverTheEnvironment() {
        assertEquals(Optional.empty(), CATALOG.seat(Optional.of("local"), SRUN));
    }

    @Test
    void anUnknownLauncherIsWrongUsage() {
        UsageException wrong = assertThrows(UsageException.class, () -> CATALOG.seat(Optional.of("pbs"), Map.of()));
        assertTrue(wrong.help().contains("local, openmpi, slurm, kubernetes"), wrong.help());
    }

    @ParameterizedTest
    @CsvSource({
        "slurm, SLURM_PROCID",
        "slurm, SLURM_STEP_NODELIST",
        "openmpi, OMPI_COMM_WORLD_RANK",
        "kubernetes, JOB_COMPLETION_INDEX",
        "kubernetes, DOVETAIL_WORLD",
        "kubernetes, DOVETAIL_RENDEZVOUS"
    })
    void aMissingVariableIsNamed(String launcher, String variable) {
        Map<String, String> left = new HashMap<>();
        left.putAll(without(SRUN, variable));
        left.putAll(without(MPIRUN, variable));
        left.putAll(without(POD, variable));
        if (launcher.equals("slurm")) {
            left.remove("DOVETAIL_RENDEZVOUS");
        }
        LaunchException missing = assertThrows(LaunchException.class, () -> CATALOG.seat(Optional.of(launcher), left));
        assertTrue(missing.getMessage().contains("`" + variable + "` is not set"), missing.getMessage());
    }

    @Test
    void aRankThatIsNoNumberIsShown() {
        LaunchException wrong = assertThrows(LaunchException.class, () -> seat(with(SRUN, "SLURM_PROCID", "two")));
        assertEquals("`SLURM_PROCID` is `two`, not a whole number", wrong.getMessage());
    }

    @Test
    void aRankBeyondTheLastIsRefused() {
        LaunchException wrong = assertThrows(LaunchException.class, () -> seat(with(SRUN, "SLURM_PROCID", "4")));
        assertEquals("slurm says that this is rank 4 of 4", wrong.getMessage());
    }

    @Test
    void anAddressThatIsNoneIsShown() {
        LaunchException wrong =
                assertThrows(LaunchException.class, () -> seat(with(SRUN, "DOVETAIL_RENDEZVOUS", "node1")));
        assertTrue(wrong.getMessage().contains("`node1`: expected `host:port`"), wrong.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "n1 n1",
                "n1,n2 n1",
                "gpu[003-008,11],login gpu003",
                "gpu[7,9-12] gpu7",
                "a[01-02]b[3-4]-ib a01b3-ib",
                "127.0.0.[1-4] 127.0.0.1"
            })
    void shortenedListsOfNodesBeginWithTheirFirst(String list, String first) {
        assertEquals(first, SlurmLauncher.firstHost(list));
    }

    @Test
    void ipv6AddressesStandInBrackets() {
        HostAddress address = HostAddress.parse("[fd00::1]:29400");
        assertEquals("fd00::1", address.host());
        assertEquals("[fd00::1]:29400", address.toString());
    }
}
