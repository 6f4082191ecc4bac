package dev.dovetail.backends.cpu;

import dev.dovetail.backends.cpu.family.KernelFamily;
import dev.dovetail.ir.tensor.ElementType;
import dev.dovetail.ir.tensor.TensorType;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** Readable, stable class names: family, shape and type, such as {@code MatMul_4096x128x512_f32}. */
public final class KernelNames {
    private KernelNames() {}

    /** Names every task; two tasks that would share a name each get a suffix made from what they compute. */
    public static Map<KernelTask, KernelName> assign(Collection<KernelTask> tasks, String packageName) {
        var distinct = new LinkedHashSet<>(tasks);
        var claims = new HashMap<String, Integer>();
        distinct.forEach(task -> claims.merge(plain(task), 1, Integer::sum));
        var names = new LinkedHashMap<KernelTask, KernelName>();
        for (KernelTask task : distinct) {
            String name = plain(task);
            names.put(task, new KernelName(packageName, claims.get(name) == 1 ? name : name + "_" + digest(task)));
        }
        return names;
    }

    /** The name a task has on its own, in any collection. */
    public static KernelName unique(KernelTask task, String packageName) {
        return new KernelName(packageName, plain(task) + "_" + digest(task));
    }

    /** Family, shape and type; several tasks may share it. */
    public static String plain(KernelTask task) {
        KernelFamily family = KernelCatalog.familyOf(task);
        return family.label(task) + "_" + family.shape(task) + "_" + element(task);
    }

    private static String element(KernelTask task) {
        List<ElementType> types = Stream.concat(task.results().stream(), task.operands().stream())
                .map(TensorType::element)
                .filter(ElementType::isFloating)
                .toList();
        return types.getFirst().name().toLowerCase(Locale.ROOT);
    }

    private static String digest(KernelTask task) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest(task.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 4);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
