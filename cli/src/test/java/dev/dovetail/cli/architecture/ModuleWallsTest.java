package dev.dovetail.cli.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Imports run one way: {@code grammar -> ir <- optimizer}, {@code backends -> ir}, {@code runtime -> ir}, {@code cli -> all}. */
class ModuleWallsTest {
    private static final List<String> MODULES = List.of("ir", "grammar", "optimizer", "backends", "runtime", "cli");

    @ParameterizedTest
    @ValueSource(strings = {"ir", "grammar", "optimizer", "backends", "runtime", "cli"})
    void everyModuleIsSeenHere(String module) {
        long seen = ProjectClasses.ALL.stream()
                .filter(type -> inModule(type, module))
                .filter(type -> !type.getName().endsWith("package-info"))
                .count();

        assertTrue(seen > 0, () -> "no class of " + module + " was found, so no wall of it was checked");
    }

    @ParameterizedTest
    @ValueSource(strings = {"grammar", "optimizer", "backends", "runtime"})
    void siblingsSeeTheIrAlone(String module) {
        String[] others = MODULES.stream()
                .filter(other -> !other.equals(module) && !other.equals("ir"))
                .map(other -> "dev.dovetail." + other + "..")
                .toArray(String[]::new);

        noClasses()
                .that()
                .resideInAPackage("dev.dovetail." + module + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(others)
                .check(ProjectClasses.ALL);
    }

    @Test
    void theIrDependsOnNothingButJacksonInItsJsonPackage() {
        classes()
                .that()
                .resideInAPackage("dev.dovetail.ir..")
                .and()
                .resideOutsideOfPackage("dev.dovetail.ir.json..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("dev.dovetail.ir..", "java..")
                .check(ProjectClasses.ALL);
    }

    @Test
    void theIrDoesNoInputOrOutput() {
        noClasses()
                .that()
                .resideInAPackage("dev.dovetail.ir..")
                .and()
                .resideOutsideOfPackage("dev.dovetail.ir.json..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("java.nio.file..", "java.nio.channels..", "java.net..")
                .orShould()
                .dependOnClassesThat()
                .haveNameMatching("java\\.io\\.(File|Buffered|Input|Output|Data|Random|Print).*")
                .check(ProjectClasses.ALL);
    }

    /** What ships inside a job stays small: it may use these and no more. */
    @Test
    void theRuntimeUsesTheIrTheJdkJacksonAndProgressBarsAlone() {
        classes()
                .that()
                .resideInAPackage("dev.dovetail.runtime..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.dovetail.runtime..",
                        "dev.dovetail.ir..",
                        "dev.dovetail.driver..",
                        "java..",
                        "jdk..",
                        "com.sun..",
                        "tools.jackson..",
                        "com.fasterxml.jackson.annotation..",
                        "me.tongfei.progressbar..")
                .check(ProjectClasses.ALL);
    }

    @ParameterizedTest
    @CsvSource({
        "org.antlr..,               dev.dovetail.grammar.parse..",
        "com.google.ortools..,      dev.dovetail.optimizer.solver..",
        "com.palantir.javapoet..,   dev.dovetail.backends.java.. dev.dovetail.backends.cpu..",
        "jcuda..,                   dev.dovetail.driver..",
        "dev.dovetail.driver..,     dev.dovetail.driver.. dev.dovetail.backends.cuda.. dev.dovetail.runtime.cuda.. dev.dovetail.cli..",
        "jdk.incubator.vector..,    dev.dovetail.runtime.. dev.dovetail.backends..",
        "tools.jackson.dataformat.., dev.dovetail.backends.launch..",
        "picocli..,                 dev.dovetail.cli..",
        "ai.djl..,                  dev.dovetail.cli.exchange..",
    })
    void aHeavyLibraryStaysInItsPackages(String library, String homes) {
        noClasses()
                .that()
                .resideInAPackage("dev.dovetail..")
                .and()
                .resideOutsideOfPackages(homes.split(" ", -1))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library)
                .check(ProjectClasses.ALL);
    }

    @Test
    void onlyTheCommandAndJobsTouchEnvironmentAndStandardStreams() {
        List<String> offenders = Stream.of("ir", "grammar", "optimizer", "backends")
                .flatMap(module -> ProjectClasses.ALL.stream().filter(type -> inModule(type, module)))
                .flatMap(type -> type.getAccessesFromSelf().stream())
                .filter(access -> access.getTargetOwner().isEquivalentTo(System.class))
                .filter(access ->
                        Arrays.asList("out", "err", "in", "getenv", "exit").contains(access.getName()))
                .map(Object::toString)
                .toList();

        assertTrue(offenders.isEmpty(), () -> String.join("\n", offenders));
    }

    private static boolean inModule(JavaClass type, String module) {
        return (type.getPackageName() + ".").startsWith("dev.dovetail." + module + ".");
    }
}
