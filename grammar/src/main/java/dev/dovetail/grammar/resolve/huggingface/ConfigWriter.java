package dev.dovetail.grammar.resolve.huggingface;

import dev.dovetail.grammar.resolve.Catalog;
import dev.dovetail.grammar.resolve.ResolveOptions;
import dev.dovetail.grammar.resolve.ResolvedSpec;
import dev.dovetail.grammar.resolve.SpecResolver;
import dev.dovetail.grammar.syntax.SourceText;
import dev.dovetail.ir.block.BlockCatalog;
import dev.dovetail.ir.block.ExpansionForm;
import dev.dovetail.ir.block.ModelDefinition;
import dev.dovetail.ir.model.ExpandModel;
import dev.dovetail.ir.model.Model;
import dev.dovetail.ir.tensor.ElementType;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;

/**
 * Says a model as a {@code config.json}. Families are tried in turn; a config counts only where reading it gives the same
 * operators again, so what no field can say is never lost in silence.
 */
public final class ConfigWriter {
    private static final FamilyCatalog FAMILIES = FamilyCatalog.shipped();

    /** A config, and the {@code model_type} that it names. */
    public record Written(String type, String json) {}

    private ConfigWriter() {}

    /** Empty where no family that can be written has such models. */
    public static Optional<Written> write(ModelDefinition model) {
        Map<String, Object> fields = CommonFields.of(model);
        return FAMILIES.writable().stream()
                .map(type -> new Written(type, text(type, fields)))
                .filter(written -> isSaid(model, written.json()))
                .findFirst();
    }

    /** Every {@code model_type} that can be written. */
    public static List<String> types() {
        return FAMILIES.writable();
    }

    private static String text(String type, Map<String, Object> fields) {
        Map<String, Object> config = new LinkedHashMap<>();
        FamilyCatalog.Writing writing = FAMILIES.writing(type);
        config.put("architectures", List.of(writing.architecture()));
        config.put("model_type", type);
        writing.fields().forEach((theirs, common) -> config.put(theirs, fields.get(common)));
        // Texts begin and end anywhere: there are no marks for it.
        config.put("bos_token_id", null);
        config.put("eos_token_id", null);
        config.put("torch_dtype", "float32");
        return JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(config) + "\n";
    }

    private static boolean isSaid(ModelDefinition model, String json) {
        try {
            String spec = HuggingFaceConfig.declaration(model.name(), json);
            var resolver = new SpecResolver(
                    Catalog.shipped(), BlockCatalog.standard(), new ResolveOptions(List.of(), 1, List.of()));
            ResolvedSpec read = resolver.resolve(new SourceText("config.json", spec), Path.of(""));
            return !read.hasErrors() && isSame(model, read.models().getFirst());
        } catch (BrokenConfig | UnsupportedConfig unsayable) {
            return false;
        }
    }

    /** Whether both decode alike: how a model trains is nothing that a config says. */
    private static boolean isSame(ModelDefinition model, ModelDefinition other) {
        Model ours = expanded(model);
        Model theirs = expanded(other);
        return model.context() == other.context()
                && ours.order().equals(theirs.order())
                && ours.kinds().equals(theirs.kinds());
    }

    private static Model expanded(ModelDefinition model) {
        var form = ExpansionForm.Decoding.of(model.context(), 1, model.context());
        return ExpandModel.expand(model, form, ElementType.F32);
    }
}
