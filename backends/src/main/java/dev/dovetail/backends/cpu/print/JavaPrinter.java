package dev.dovetail.backends.cpu.print;

import com.palantir.javapoet.ArrayTypeName;
import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.FieldSpec;
import com.palantir.javapoet.JavaFile;
import com.palantir.javapoet.MethodSpec;
import com.palantir.javapoet.TypeName;
import com.palantir.javapoet.TypeSpec;
import dev.dovetail.backends.cpu.KernelName;
import dev.dovetail.backends.cpu.KernelSource;
import dev.dovetail.backends.cpu.RuntimeNames;
import dev.dovetail.backends.cpu.loop.Buffer;
import dev.dovetail.backends.cpu.loop.Function;
import dev.dovetail.backends.cpu.loop.LoopKernel;
import dev.dovetail.ir.tensor.ElementType;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import javax.lang.model.element.Modifier;

/** Prints a loop kernel as a final Java class with one public method, {@code run}. */
public final class JavaPrinter {
    private final JavaWords words;
    private final LoopKernel kernel;

    private JavaPrinter(LoopKernel kernel) {
        this.kernel = kernel;
        this.words = new JavaWords(kernel.element(), kernel.lanes());
    }

    public static KernelSource print(LoopKernel kernel, KernelName name) {
        return new JavaPrinter(kernel).file(name);
    }

    private KernelSource file(KernelName name) {
        var type = TypeSpec.classBuilder(name.simpleName()).addModifiers(Modifier.PUBLIC, Modifier.FINAL);
        MethodSpec launch = launch(kernel.launch());
        var methods = kernel.functions().stream().map(this::function).toList();
        String bodies = launch + methods.stream().map(MethodSpec::toString).collect(Collectors.joining());
        constants(type, bodies);
        kernel.tables().forEach(table -> type.addField(table(table)));
        type.addMethod(
                MethodSpec.constructorBuilder().addModifiers(Modifier.PRIVATE).build());
        type.addMethod(launch);
        type.addMethods(methods);
        var file = JavaFile.builder(name.packageName(), type.build())
                .skipJavaLangImports(true)
                .indent("    ")
                .addFileComment("$L", String.join("\n", kernel.notes()))
                .build();
        return new KernelSource(name, file.toString());
    }

    /** Only the constants that the bodies mention. */
    private void constants(TypeSpec.Builder type, String bodies) {
        if (bodies.contains("LANES")) {
            type.addField(constant(words.species(), "LANES")
                    .initializer(words.speciesConstant())
                    .build());
        }
        if (bodies.contains("ORDER")) {
            type.addField(constant(JavaWords.BYTE_ORDER, "ORDER")
                    .initializer("$T.nativeOrder()", JavaWords.BYTE_ORDER)
                    .build());
        }
        for (ElementType element : new ElementType[] {kernel.element(), ElementType.I32}) {
            String name = words.layout(element);
            if (bodies.contains(name + ",")) {
                String layout = element == ElementType.I32 ? "OfInt" : words.isFloat() ? "OfFloat" : "OfDouble";
                type.addField(constant(JavaWords.VALUE_LAYOUT.nestedClass(layout), name)
                        .initializer("$T.$L", JavaWords.VALUE_LAYOUT, words.layoutConstant(element))
                        .build());
            }
        }
    }

    private static FieldSpec.Builder constant(TypeName type, String name) {
        return FieldSpec.builder(type, name, Modifier.PRIVATE, Modifier.STATIC, Modifier.FINAL);
    }

    private static FieldSpec table(Buffer.Table table) {
        JavaWords own = new JavaWords(table.element(), 1);
        String values = table.values().stream().map(own::literal).collect(Collectors.joining(", "));
        return constant(ArrayTypeName.of(own.number()), table.name())
                .initializer("{$L}", values)
                .build();
    }

    private MethodSpec launch(Function function) {
        var method = signature("run", function, true).addModifiers(Modifier.PUBLIC, Modifier.STATIC);
        return method.addCode(body(function, true)).build();
    }

    private MethodSpec function(Function function) {
        var method = signature(function.name(), function, false).addModifiers(Modifier.PRIVATE, Modifier.STATIC);
        return method.addCode(body(function, false)).build();
    }

    private CodeBlock body(Function function, boolean launched) {
        Set<String> longNames = new LinkedHashSet<>();
        if (launched) {
            function.parameters().stream()
                    .filter(p -> p instanceof Function.Parameter.OfIndex)
                    .forEach(p -> longNames.add(p.name()));
        }
        return new JavaStatements(words, new JavaIndexes(words, longNames)).print(function.body());
    }

    private MethodSpec.Builder signature(String name, Function function, boolean launched) {
        var method = MethodSpec.methodBuilder(name)
                .addJavadoc("$L\n", function.purpose())
                .addParameter(RuntimeNames.WORKERS, "workers")
                .addParameter(JavaWords.MEMORY_SEGMENT, "memory");
        for (Function.Parameter parameter : function.parameters()) {
            TypeName type = switch (parameter) {
                case Function.Parameter.OfBuffer b -> typeOf(b.buffer());
                case Function.Parameter.OfIndex i -> launched ? TypeName.LONG : TypeName.INT;
                case Function.Parameter.OfSymbol s -> TypeName.DOUBLE;
            };
            method.addParameter(type, JavaNames.of(parameter.name()));
        }
        return method;
    }

    private TypeName typeOf(Buffer buffer) {
        return switch (buffer) {
            case Buffer.Tensor t -> TypeName.LONG;
            case Buffer.Scratch s -> ArrayTypeName.of(words.number());
            case Buffer.Table t -> throw new IllegalArgumentException("table " + t.name() + " is not passed");
        };
    }
}
