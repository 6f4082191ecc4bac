package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.Diagnostic;
import dev.dovetail.grammar.diagnostic.DiagnosticCode;
import dev.dovetail.grammar.diagnostic.Diagnostics;
import dev.dovetail.grammar.syntax.ClauseKind;
import dev.dovetail.grammar.syntax.Definition;
import dev.dovetail.grammar.syntax.DefinitionKind;
import dev.dovetail.grammar.syntax.Job;
import dev.dovetail.grammar.syntax.JobVerb;
import dev.dovetail.grammar.syntax.Label;
import dev.dovetail.grammar.syntax.SourceSpan;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.ir.block.BlockCatalog;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.cluster.Cluster;
import dev.dovetail.ir.job.TrainJob;
import dev.dovetail.ir.spec.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** From a spec to what it means. All mistakes come out at once; what is sound is there in spite of the rest. */
public final class SpecResolver {
    private final Catalog catalog;
    private final BlockCatalog blocks;
    private final ResolveOptions options;

    public SpecResolver(Catalog catalog, BlockCatalog blocks, ResolveOptions options) {
        this.catalog = catalog;
        this.blocks = blocks;
        this.options = options;
    }

    /** Reads a spec from a file; {@code name} is what messages call it. */
    public ResolvedSpec resolve(Path file, String name) throws IOException {
        Path parent = file.toAbsolutePath().getParent();
        return resolve(new SourceText(name, Files.readString(file)), parent);
    }

    /** Resolves a spec whose files lie in {@code folder}. */
    public ResolvedSpec resolve(SourceText source, Path folder) {
        Diagnostics diagnostics = new Diagnostics();
        SpecFiles files = new SpecFiles(catalog);
        LoadedSpec loaded = new SpecLoader(files, diagnostics).load(source, folder, options.overrides());
        return new Resolution(loaded, files, diagnostics).resolved();
    }

    /** One pass over one spec. */
    private final class Resolution {
        private final LoadedSpec loaded;
        private final Diagnostics diagnostics;
        private final ModelConfigs configs;
        private final ResolveContext context;
        private final Map<Definition, Optional<ModelDefinition>> models = new LinkedHashMap<>();
        /** Models that are being read, or were. */
        private final Set<Definition> reading = new HashSet<>();

        private final Map<Definition, Optional<Cluster>> clusters = new LinkedHashMap<>();

        Resolution(LoadedSpec loaded, SpecFiles files, Diagnostics diagnostics) {
            this.loaded = loaded;
            this.diagnostics = diagnostics;
            this.configs = new ModelConfigs(files, catalog, loaded.folders(), diagnostics);
            Definitions definitions = new Definitions(catalog, diagnostics, loaded.complete());
            loaded.definitions().forEach(definitions::declare);
            this.context = new ResolveContext(
                    diagnostics,
                    new BlockReader(diagnostics),
                    definitions,
                    new Inheritance(definitions, configs, diagnostics),
                    options);
        }

        ResolvedSpec resolved() {
            context.definitions().declared().forEach(this::check);
            List<TrainJob> jobs = new ArrayList<>();
            loaded.jobs().forEach(job -> job(job).ifPresent(jobs::add));
            reportDoubleJobs();
            Map<String, SourceText> sources = new LinkedHashMap<>(catalog.sources());
            sources.putAll(loaded.sources());
            sources.putAll(configs.sources());
            return new ResolvedSpec(sources, diagnostics.sorted(), jobs, present(models), present(clusters));
        }

        private static <T> List<T> present(Map<Definition, Optional<T>> read) {
            return read.values().stream().flatMap(Optional::stream).toList();
        }

        private void check(Definition definition) {
            switch (definition.kind()) {
                case MODEL -> model(definition);
                case CLUSTER -> cluster(definition);
                case NODE -> new NodeReader(context).node(definition);
                case LINK -> new NodeReader(context).link(definition);
                case DEVICE -> new DeviceReader(context).read(definition);
                case ADAPTER -> adapter(definition);
                case INDEX, APP ->
                    unsupported(definition.span(), definition.kind().word(), "an");
            }
        }

        private void unsupported(SourceSpan statement, String word, String article) {
            SourceSpan span = new SourceSpan(
                    statement.file(), statement.line(), statement.column(), statement.offset(), word.length());
            diagnostics.report(Diagnostic.unsupported(span, article + " `" + word + "` is"));
        }

        private Optional<ModelDefinition> model(Definition definition) {
            Optional<ModelDefinition> known = models.get(definition);
            if (known != null) {
                return known;
            }
            if (!reading.add(definition)) {
                diagnostics.report(Diagnostic.error(
                        DiagnosticCode.CONFLICT,
                        definition.name().span(),
                        "`" + definition.name().text() + "` is made of itself"));
                return Optional.empty();
            }
            Optional<ModelDefinition> model =
                    new ModelReader(context, new SubLayerReader(context, blocks), this::model).read(definition);
            models.put(definition, model);
            return model;
        }

        /** {@code adapter NAME of MODEL}: the model, of which other parts train. */
        private Optional<ModelDefinition> adapter(Definition definition) {
            Optional<Label> of = definition.clause(ClauseKind.OF);
            if (of.isEmpty()) {
                diagnostics.report(Diagnostic.error(
                                DiagnosticCode.MISSING_ENTRY,
                                definition.name().span(),
                                "adapter `" + definition.name().text() + "` does not say of which model it is")
                        .withHelp(
                                "such as `adapter " + definition.name().text() + " of tiny_gpt { lora { rank 8 } }`"));
                return Optional.empty();
            }
            Optional<ModelDefinition> whole =
                    context.definitions().find(DefinitionKind.MODEL, of.get()).flatMap(this::model);
            Optional<ModelDefinition> known = models.get(definition);
            if (known == null) {
                known = adapted(definition, whole);
                models.put(definition, known);
            }
            return known;
        }

        private Optional<ModelDefinition> adapted(Definition definition, Optional<ModelDefinition> whole) {
            Settings said = context.blocks()
                    .read(definition.entries(), definition.name().span(), AdaptationReader.SCHEMA, Scope.EMPTY)
                    .settings();
            var reader = new AdaptationReader(diagnostics);
            String name = definition.name().text();
            var origin = Origins.of(definition.name());
            return whole.flatMap(model -> said.has("mix")
                    ? reader.mixed(model, name, said, origin, other -> mixable(other, definition, said))
                    : reader.adapted(model, name, said, origin));
        }

        /** Another adapter of the same model, and itself no mixture. */
        private Optional<ModelDefinition> mixable(String name, Definition mixing, Settings said) {
            Optional<Definition> found = context.definitions().declared(DefinitionKind.ADAPTER, name);
            Optional<String> model = mixing.clause(ClauseKind.OF).map(Label::text);
            boolean fits = found.isPresent()
                    && found.get().clause(ClauseKind.OF).map(Label::text).equals(model)
                    && found.get().entries().stream()
                            .noneMatch(entry -> entry.keyword().equals("mix"));
            if (!fits) {
                diagnostics.report(Diagnostic.error(
                                DiagnosticCode.UNKNOWN_NAME,
                                Origins.span(said.group("mix").orElseThrow().originOf("value")),
                                "there is no adapter `" + name + "` of the same model to mix")
                        .withHelp("declare it: `adapter " + name + " of " + model.orElse("tiny_gpt")
                                + " { lora { rank 8 } }`"));
                return Optional.empty();
            }
            return adapter(found.get());
        }

        private Optional<ModelDefinition> subject(Label name) {
            Optional<Definition> adapter = context.definitions().declared(DefinitionKind.ADAPTER, name.text());
            return adapter.isPresent()
                    ? adapter(adapter.get())
                    : context.definitions().find(DefinitionKind.MODEL, name).flatMap(this::model);
        }

        private Optional<Cluster> cluster(Definition definition) {
            return clusters.computeIfAbsent(definition, key -> new ClusterReader(context).read(key));
        }

        private Optional<TrainJob> job(Job job) {
            Optional<Cluster> cluster = context.definitions()
                    .find(DefinitionKind.CLUSTER, job.cluster())
                    .flatMap(this::cluster);
            if (job.verb() != JobVerb.TRAIN && job.verb() != JobVerb.FINETUNE) {
                unsupported(job.span(), job.verb().word(), "the job");
                return Optional.empty();
            }
            return new TrainJobReader(context).read(job, subject(job.subject()), cluster);
        }

        private void reportDoubleJobs() {
            Set<String> names = new HashSet<>();
            for (Job job : loaded.jobs()) {
                if (!names.add(job.name())) {
                    diagnostics.report(Diagnostic.error(
                                    DiagnosticCode.DUPLICATE_NAME,
                                    job.alias().orElse(job.subject()).span(),
                                    "two jobs are called `" + job.name() + "`")
                            .withHelp("tell them apart: `" + job.verb().word() + " "
                                    + job.subject().text() + " on "
                                    + job.cluster().text() + " as another_name`"));
                }
            }
        }
    }
}
