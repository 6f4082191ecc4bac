package dev.dovetail.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.cli.CapturedContext;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValidateCommandTest {
    private static final String STEPS_HEADER =
            "id,model,params_b,arch,layers,hidden,heads,kv_heads,ffn,vocab,seq_len,gpu,gpus,gpus_per_node,interconnect,precision,"
                    + "gbs,mbs,tp,pp,vp,cp,ep,dp,sharding,sp,recompute,offload,schedule,framework,iter_time_s,tokens_per_s_gpu,"
                    + "samples_per_s,tflops_gpu,mfu_pct,hfu_pct,mem_gib,power_cap_w,note";

    /** Two plans of the vTrain measurements and one of a tensor-parallel step; the last two rows cannot be. */
    private static final String STEPS = """
            # measured elsewhere
            %s
            a-1,gpt-x,,dense,12,1024,16,16,4096,50257,1024,A100-SXM,8,8,NVLink3,fp16,16,2,2,2,1,,,2,none,,full?,,1f1b,Megatron-DeepSpeed,0.15,,,,,,,,
            a-2,gpt-x,,dense,12,1024,16,16,4096,50257,1024,A100-SXM,8,8,NVLink3,fp16,16,2,1,2,1,,,4,none,,full?,,1f1b,Megatron-DeepSpeed,0.16,,,,,,5,,
            a-3,gpt-x,,dense,12,1024,16,16,4096,50257,1024,A100-SXM,8,8,NVLink3,fp16,16,1,8,1,1,,,1,none,,full?,,1f1b,Megatron-DeepSpeed,,1000,,,,,,,
            a-4,gpt-x,,dense,12,1024,16,16,4096,50257,1024,A100-SXM,7,8,NVLink3,fp16,16,2,2,2,1,,,2,none,,full?,,1f1b,Megatron-DeepSpeed,0.15,,,,,,,,
            a-5,gpt-x,,dense,NaN,1024,16,16,4096,50257,1024,A100-SXM,8,8,NVLink3,fp16,-16,2,2,2,1,,,2,none,,full?,,1f1b,Megatron-DeepSpeed,0.15,,,,,,,,
            a-6,gpt-x,,dense,12,1024,16,16,4096,50257,1024,Abacus-9,1000000,8,,fp16,16,2,2,2,1,,,2,none,,full?,,,,0.15,,,,,,,,
            a-7,unheard-of,,moe,,,,,,,1024,A100-SXM,8,8,,fp7,16,2,2,2,1,,,2,none,,full?,,,,0.15,,,,,,,,
            a-8
            """.formatted(STEPS_HEADER);

    @TempDir
    Path folder;

    @BeforeEach
    void tables() throws IOException {
        Files.writeString(folder.resolve("steps.csv"), STEPS);
        Files.writeString(folder.resolve("rails.csv"), """
                gpus,hb_domain_k,switch_radix,baseline_switches,rail_only_switches,rail_only_cost_usd
                32768,256,64,2560,1536,94306304
                32768,1,64,2560,1536,94306304
                """);
        Files.writeString(folder.resolve("strange.csv"), "colour,taste\nred,sweet\n");
    }

    private List<String> run(String... arguments) {
        var captured = new CapturedContext(folder, Terminal.plain());
        assertEquals(ExitStatus.OK, captured.run(arguments));
        return captured.out();
    }

    @Test
    void tellsHowFarOffATableIsAndListsWhatItCannotPredict() {
        String text = String.join("\n", run("validate", "."));
        assertTrue(text.contains("8 rows, 3 predicted, 3 compared"), text);
        assertTrue(text.contains("choosing among measured plans: 1 groups"), text);
        assertTrue(text.contains("4 ranks of a model do not divide 7 devices"), text);
        assertTrue(text.contains("`layers` is not a positive number: NaN") || text.contains("`gbs`"), text);
        assertTrue(text.contains("no node of the catalogue has the device `Abacus-9`"), text);
        assertTrue(text.contains("no kind of table has these columns"), text);
        assertFalse(text.contains("error bars of"), "a table alone has no other to take bars from");
    }

    /** As a spreadsheet saves it: a mark of its encoding, all in quotes, lines that end in two characters; no degrees stated. */
    @Test
    void tablesMayLackColumnsAndComeFromSpreadsheets() throws IOException {
        String lines = """
                "ID","Model","Layers","Hidden","Heads","Vocab","GPU","GPUs","GBS","SP","Framework","Iter_Time_s","Stage_Layers","Note"
                "stated","x","12","1024","16","50257","A100","2","16","1","Megatron-LM","0.5","","tensor, ""sequence"" too"
                "by stage","x","12","1024","16","50257","A100","2","16","","Megatron-LM","0.5","7 5",""
                """;
        Files.writeString(folder.resolve("sheet.csv"), "\ufeff" + lines.replace("\n", "\r\n"));
        String text = String.join("\n", run("validate", ".", "--csv", "rows.csv"));
        assertTrue(text.contains("`stage_layers` states a plan stage by stage"), text);
        List<String> rows = Files.readAllLines(folder.resolve("rows.csv"));
        assertTrue(
                rows.stream().anyMatch(row -> row.startsWith("sheet,stated,0.5,") && row.contains(",predicted,")),
                rows.toString());
        assertTrue(text.contains("error bars of time of a step: "), text);
        assertTrue(text.contains(" % of 4 rows lie inside"), text);
    }

    @Test
    void railOnlyNetworksCostWhatTheirSwitchesAndTransceiversDo() {
        String text = String.join("\n", run("validate", ".", "--table", "rails"));
        assertTrue(text.contains("2 rows, 1 predicted, 1 compared: MAPE 0.0 %"), text);
        assertTrue(text.contains("3 of 3 counts and prices of both networks exact"), text);
        assertTrue(text.contains("rails join whole scale-up domains"), text);
    }

    @Test
    void errorBarsHoldWhatWasMeasured() throws IOException {
        run("validate", ".", "--bars", "bars.csv");
        List<String> lines = Files.readAllLines(folder.resolve("bars.csv"));
        assertEquals("quantity,low,high", lines.getFirst());
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("time of a step,")), lines.toString());
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("memory,")), lines.toString());
    }

    @Test
    void everyRowIsALine() throws IOException {
        run("validate", ".", "--csv", "rows.csv");
        List<String> lines = Files.readAllLines(folder.resolve("rows.csv"));
        assertEquals(1 + 8 + 2 + 1, lines.size());
        List<String> columns = Arrays.asList(lines.getFirst().split(","));
        List<String> first = lines.stream()
                .filter(line -> line.contains("a-2"))
                .map(line -> Arrays.asList(line.split(",", -1)))
                .findFirst()
                .orElseThrow();
        assertEquals("0.16", first.get(columns.indexOf("measured_seconds")));
        assertTrue(Double.parseDouble(first.get(columns.indexOf("predicted_seconds"))) > 0);
        assertEquals(5.0 * (1 << 30), Double.parseDouble(first.get(columns.indexOf("measured_memory_bytes"))));
    }

    /** Tokens a second tell the seconds: 16 sequences of 1024 on 8 devices at 1000 each. */
    @Test
    void secondsFollowFromTokens() throws IOException {
        run("validate", ".", "--csv", "rows.csv");
        String line = Files.readAllLines(folder.resolve("rows.csv")).stream()
                .filter(text -> text.contains("a-3"))
                .collect(Collectors.joining());
        assertTrue(line.startsWith("steps,a-3,2.048,"), line);
    }

    @Test
    void thePageIsTheSameEachTime() throws IOException {
        run("validate", ".", "--write", "one.md");
        run("validate", ".", "--write", "two.md");
        String page = Files.readString(folder.resolve("one.md"));
        assertEquals(page.replace("one.svg", "two.svg"), Files.readString(folder.resolve("two.md")));
        assertTrue(page.indexOf("| strange |") < page.indexOf("| steps |"), "the worst comes first");
        assertTrue(page.indexOf("| steps |") < page.indexOf("| rails |"), "the best comes last");
        assertTrue(page.contains("What was fitted on what"));
        assertTrue(page.contains("](one.svg)"), "the page shows its drawing");
        String drawing = Files.readString(folder.resolve("one.svg"));
        assertEquals(drawing, Files.readString(folder.resolve("two.svg")));
        assertTrue(drawing.contains("3 rows, MAPE"), drawing);
        assertTrue(drawing.contains("steps, memory"), "memory has a square of its own");
    }

    /** InternEvo gives the layer that is left over to the last stage, which also has the head; evenly cut, none had so much. */
    @Test
    void stagesAreCutAsTheFrameworkCutsThem() throws IOException {
        String row =
                "%s,gpt-x,,dense,%d,1024,16,16,4096,50257,1024,A100-SXM,2,8,,bf16,4,1,1,2,,,,1,zero1,,full,,1f1b,InternEvo,"
                        + ",,,,,,4,,%n";
        Files.writeString(
                folder.resolve("evo.csv"), STEPS_HEADER + "\n" + row.formatted("e-1", 9) + row.formatted("e-2", 10));
        run("validate", ".", "--csv", "out.csv");
        List<String> lines = Files.readAllLines(folder.resolve("out.csv"));
        int column = Arrays.asList(lines.getFirst().split(",")).indexOf("predicted_memory_bytes");
        List<String> peaks = lines.stream()
                .filter(line -> line.startsWith("evo,"))
                .map(line -> line.split(",")[column])
                .toList();
        assertEquals(peaks.getLast(), peaks.getFirst(), "nine layers are four and five, as ten are five and five");
    }

    @Test
    void aFolderWithoutTablesIsRefused() throws IOException {
        Files.createDirectory(folder.resolve("empty"));
        var captured = new CapturedContext(folder, Terminal.plain());
        assertEquals(ExitStatus.WRONG_INPUT, captured.run("validate", "empty"));
    }
}
