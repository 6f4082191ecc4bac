package dev.dovetail.backends.cpu.print;

import com.palantir.javapoet.ClassName;
import com.palantir.javapoet.CodeBlock;
import com.palantir.javapoet.ParameterizedTypeName;
import com.palantir.javapoet.TypeName;
import dev.dovetail.ir.tensor.ElementType;

/** The Java names that a kernel of one element type and vector width uses. */
record JavaWords(ElementType element, int lanes) {
    static final ClassName MEMORY_SEGMENT = ClassName.get("java.lang.foreign", "MemorySegment");
    static final ClassName VALUE_LAYOUT = ClassName.get("java.lang.foreign", "ValueLayout");
    static final ClassName BYTE_ORDER = ClassName.get("java.nio", "ByteOrder");
    static final ClassName OPERATORS = ClassName.get("jdk.incubator.vector", "VectorOperators");
    private static final ClassName SPECIES = ClassName.get("jdk.incubator.vector", "VectorSpecies");
    private static final ClassName MASK = ClassName.get("jdk.incubator.vector", "VectorMask");

    boolean isFloat() {
        return element == ElementType.F32;
    }

    boolean hasVectors() {
        return lanes > 1;
    }

    TypeName number() {
        return isFloat() ? TypeName.FLOAT : TypeName.DOUBLE;
    }

    ClassName box() {
        return isFloat() ? ClassName.get(Float.class) : ClassName.get(Double.class);
    }

    ClassName vector() {
        return ClassName.get("jdk.incubator.vector", isFloat() ? "FloatVector" : "DoubleVector");
    }

    TypeName typeOf(boolean isVector) {
        return isVector && hasVectors() ? vector() : number();
    }

    TypeName species() {
        return ParameterizedTypeName.get(SPECIES, box());
    }

    TypeName mask() {
        return ParameterizedTypeName.get(MASK, box());
    }

    CodeBlock speciesConstant() {
        return CodeBlock.of("$T.SPECIES_$L", vector(), lanes * element.bytes() * 8);
    }

    String scratchMethod() {
        return isFloat() ? "floats" : "doubles";
    }

    /** The name of the layout constant for elements of a type. */
    String layout(ElementType type) {
        return type == ElementType.I32 ? "INTEGER" : "NUMBER";
    }

    String layoutConstant(ElementType type) {
        return switch (type) {
            case F32 -> "JAVA_FLOAT_UNALIGNED";
            case F64 -> "JAVA_DOUBLE_UNALIGNED";
            case I32 -> "JAVA_INT_UNALIGNED";
            case BF16, F16 -> throw new IllegalArgumentException(type + " has no Java layout");
        };
    }

    String literal(double value) {
        if (Double.isInfinite(value) || Double.isNaN(value)) {
            String name = Double.isNaN(value) ? "NaN" : value < 0 ? "NEGATIVE_INFINITY" : "POSITIVE_INFINITY";
            return (isFloat() ? "Float." : "Double.") + name;
        }
        return isFloat() ? Float.toString((float) value) + "f" : Double.toString(value);
    }
}
