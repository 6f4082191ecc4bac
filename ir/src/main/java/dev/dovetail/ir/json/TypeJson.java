package dev.dovetail.ir.json;

import dev.dovetail.ir.tensor.Dim;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.Extent;
import dev.dovetail.ir.tensor.TensorType;
import java.util.ArrayList;
import java.util.Locale;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Tensor types: {@code {"element": "f32", "dims": [{"name": "width", "length": 64}]}}. */
public final class TypeJson {
    private TypeJson() {}

    static ObjectNode write(TensorType type) {
        ObjectNode object = JsonForm.object();
        object.put("element", word(type.element()));
        var dims = object.putArray("dims");
        type.dims().forEach(dim -> dims.add(write(dim)));
        return object;
    }

    private static ObjectNode write(Dim dim) {
        ObjectNode object = JsonForm.object();
        object.put("name", dim.name());
        switch (dim.extent()) {
            case Extent.Fixed f -> object.put("length", f.length());
            case Extent.Bounded b -> {
                object.put("symbol", b.symbol());
                object.put("bound", b.bound());
            }
        }
        return object;
    }

    static TensorType read(JsonNode node) {
        var dims = new ArrayList<Dim>();
        for (JsonNode dim : node.required("dims")) {
            Extent extent = dim.has("length")
                    ? Extent.of(dim.required("length").longValue())
                    : new Extent.Bounded(
                            dim.required("symbol").stringValue(),
                            dim.required("bound").longValue());
            dims.add(new Dim(dim.required("name").stringValue(), extent));
        }
        String element = node.required("element").stringValue();
        return new TensorType(ElementType.valueOf(element.toUpperCase(Locale.ROOT)), dims);
    }

    static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
