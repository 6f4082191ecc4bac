package dev.dovetail.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.dovetail.backends.launch.handover.HandOver;
import dev.dovetail.backends.launch.handover.HandOverCatalog;
import dev.dovetail.cli.CapturedContext;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.cli.SmallSpec;
import dev.dovetail.cli.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/** Plans for other systems, as the command gives them. */
class HandOverCommandTest {
    private static final String SPEC = SmallSpec.asking(
                    "fix { tensor 2, sequence off, pipeline 1, data 4, shard optimizer, recompute none }")
            .replace("  context 128\n", "  context 128\n  norm layernorm\n");

    @TempDir
    private Path folder;

    private CapturedContext context;

    @BeforeEach
    void writeSpec() throws IOException {
        context = new CapturedContext(folder, Terminal.plain());
        Files.writeString(folder.resolve("spec.dove"), SPEC);
    }

    @Test
    void everySystemHasItsForm() {
        List<String> forms =
                Arrays.stream(EmittedForm.values()).map(EmittedForm::toString).toList();
        assertTrue(forms.containsAll(HandOverCatalog.standard().targets().stream()
                .map(HandOver::name)
                .toList()));
    }

    @Test
    void aSystemsFileIsPrintedAndNothingElse() {
        assertEquals(ExitStatus.OK, context.run("compile", "spec.dove", "--emit=megatron"));
        assertEquals("#!/usr/bin/env bash", context.out().getFirst());
        assertTrue(
                context.out().contains("    --tensor-model-parallel-size 2"), () -> String.join("\n", context.out()));
        assertTrue(Files.notExists(folder.resolve("launch")));
    }

    @Test
    void filesAreWrittenWhereAFolderIsNamed() throws IOException {
        assertEquals(ExitStatus.OK, context.run("compile", "spec.dove", "--emit=calculon", "-o", "out"));
        var execution = JsonMapper.shared()
                .readTree(folder.resolve("out/launch/calculon-execution.json").toFile());
        assertEquals(8, execution.path("num_procs").asInt());
        assertEquals(
                String.join("\n", context.out()),
                Files.readString(folder.resolve("out/launch/calculon-execution.json"))
                        .strip());
        assertTrue(Files.exists(folder.resolve("out/launch/calculon-application.json")));
    }

    @Test
    void jsonNamesTheVersionThatTheFilesAreFor() {
        assertEquals(ExitStatus.OK, context.run("compile", "spec.dove", "--emit=deepspeed", "--json"));
        Map<?, ?> json = JsonMapper.shared().readValue(context.out().getFirst(), Map.class);
        assertEquals(1, json.get("schema"));
        assertEquals("microsoft/DeepSpeed", json.get("repository"));
        assertTrue(
                ((Map<?, ?>) json.get("files")).get("deepspeed.json").toString().contains("\"autotp_size\" : 2"));
    }

    @Test
    void aRefusalNamesTheDecisionAndWhoCanDoIt() {
        assertEquals(
                ExitStatus.WRONG_INPUT,
                context.run("compile", "spec.dove", "--emit=deepspeed", "--set", "recompute=full"));
        String told = String.join("\n", context.err());
        assertTrue(told.contains("error: deepspeed cannot express `recompute full`: "), told);
        assertTrue(told.contains("megatron, nemo, calculon"), told);
        assertTrue(context.out().isEmpty());
    }

    /** On devices that no kernels are written for: those would only take time here. */
    @Test
    void aCompiledClusterJobIsHandedToAllWhoCan() throws IOException {
        Files.writeString(folder.resolve("spec.dove"), SPEC.replace("DGX-A100-80GB", "MI300X-8"));
        assertEquals(ExitStatus.OK, context.run("compile", "spec.dove", "--json"));
        Path launch = folder.resolve("dovetail-out/small/launch");
        assertTrue(Files.exists(launch.resolve("megatron.sh")));
        assertTrue(Files.exists(launch.resolve("nemo.overrides")));
        assertTrue(Files.exists(launch.resolve("deepspeed.json")));
        assertTrue(Files.notExists(launch.resolve("torchtitan.toml")));
        String told = String.join("\n", context.err());
        assertTrue(told.contains("not handed over: torchtitan cannot express `model small`"), told);
    }
}
