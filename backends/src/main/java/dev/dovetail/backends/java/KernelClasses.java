package dev.dovetail.backends.java;

import com.palantir.javapoet.ClassName;
import dev.dovetail.backends.cpu.KernelTask;

/** Which generated class runs a task. */
interface KernelClasses {
    ClassName of(KernelTask task);
}
