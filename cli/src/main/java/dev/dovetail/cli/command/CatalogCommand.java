package dev.dovetail.cli.command;

import dev.dovetail.cli.CommandContext;
import dev.dovetail.cli.CommandFailure;
import dev.dovetail.cli.DovetailCommand;
import dev.dovetail.cli.ExitStatus;
import dev.dovetail.grammar.diagnostic.NearestName;
import dev.dovetail.grammar.format.SpecFormatter;
import dev.dovetail.grammar.resolve.Catalog;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.DefinitionKind;
import dev.dovetail.grammar.syntax.SpecFile;
import dev.dovetail.optimizer.technique.Technique;
import dev.dovetail.optimizer.technique.TechniqueCatalog;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code dovetail catalog}: the devices, nodes, models and techniques it knows. */
@Command(
        name = "catalog",
        description = "List devices, links, nodes, models and techniques; show one of them.",
        mixinStandardHelpOptions = true,
        footerHeading = "%nExamples:%n",
        footer = {
            "  dovetail catalog",
            "  dovetail catalog DGX-H100   shows how it is said, each number with its source"
        })
public final class CatalogCommand implements DovetailCommand {
    private final CommandContext context;

    @Parameters(paramLabel = "NAME", arity = "0..1", defaultValue = "", description = "What to show.")
    private String name;

    @Option(names = "--json", description = "Print the names as one JSON object.")
    private boolean json;

    public CatalogCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitStatus execute() {
        Catalog catalog = Catalog.shipped();
        if (!name.isEmpty()) {
            context.out().print(shown(catalog));
        } else if (json) {
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("schema", 1);
            answer.putAll(names(catalog));
            context.printJson(answer);
        } else {
            names(catalog).forEach(this::print);
        }
        return ExitStatus.OK;
    }

    private static Map<String, List<String>> names(Catalog catalog) {
        Map<String, List<String>> names = new LinkedHashMap<>();
        names.put("devices", catalog.names(DefinitionKind.DEVICE));
        names.put("links", catalog.names(DefinitionKind.LINK));
        names.put("nodes", catalog.names(DefinitionKind.NODE));
        names.put("models", catalog.models());
        names.put(
                "techniques",
                TechniqueCatalog.standard().techniques().stream()
                        .map(Technique::name)
                        .toList());
        return names;
    }

    private void print(String kind, List<String> names) {
        context.out().println(kind);
        names.forEach(entry -> context.out().println("  " + entry));
    }

    private String shown(Catalog catalog) {
        for (Definition definition : catalog.definitions()) {
            if (definition.name().text().equals(name)) {
                return SpecFormatter.format(new SpecFile(List.of(definition), List.of(), definition.span()));
            }
        }
        for (Technique technique : TechniqueCatalog.standard().techniques()) {
            if (technique.name().equals(name)) {
                return technique.name() + ": " + technique.citation() + "\n";
            }
        }
        return catalog.config("models/" + name + "/config.json").orElseThrow(() -> unknown(catalog));
    }

    private CommandFailure unknown(Catalog catalog) {
        List<String> known = new ArrayList<>();
        names(catalog).values().forEach(known::addAll);
        return NearestName.of(name, known)
                .map(near -> CommandFailure.of(
                        ExitStatus.WRONG_INPUT, "the catalog has no " + name, "did you mean `" + near + "`?"))
                .orElseGet(() -> CommandFailure.of(
                        ExitStatus.WRONG_INPUT, "the catalog has no " + name, "`dovetail catalog` lists what it has"));
    }
}
