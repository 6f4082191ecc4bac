package dev.dovetail.grammar.resolve;

import dev.dovetail.grammar.diagnostic.DiagnosticRenderer;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.ir.block.BlockCatalog;
import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.model.ExpandModel;
import dev.dovetail.ir.tensor.ElementType;
import java.nio.file.Path;
import java.util.List;

/** Resolves specs in tests. */
public final class Specs {
    public static final Catalog CATALOG = Catalog.shipped();

    private static final List<String> TECHNIQUES = List.of("tensor", "interleave", "recompute", "offload");

    private Specs() {}

    public static ResolvedSpec resolve(String text, String... overrides) {
        return resolve(new SourceText("test.dove", text), Path.of("."), overrides);
    }

    public static ResolvedSpec resolve(SourceText source, Path folder, String... overrides) {
        var options = new ResolveOptions(List.of(overrides), 2, TECHNIQUES);
        return new SpecResolver(CATALOG, BlockCatalog.standard(), options).resolve(source, folder);
    }

    /** The spec, which has no mistake. */
    public static ResolvedSpec sound(String text, String... overrides) {
        ResolvedSpec resolved = resolve(text, overrides);
        if (!resolved.diagnostics().isEmpty()) {
            throw new AssertionError(new DiagnosticRenderer(resolved.sources(), false).render(resolved.diagnostics()));
        }
        return resolved;
    }

    /** Of text a short one tells; pictures have a row for each patch. */
    public static long parameters(ModelDefinition model) {
        int rows = model.latent().isPresent() ? model.context() : 8;
        return ExpandModel.expand(model, ExpansionForm.Training.of(rows, 1), ElementType.F32)
                .parameterCount();
    }
}
