package dev.dovetail.cli.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import org.junit.jupiter.api.Test;

/** What reviews would otherwise repeat. */
class StyleTest {
    @Test
    void everyClassHasAnIdeaInItsName() {
        noClasses()
                .should()
                .haveNameMatching(".*(Util|Utils|Helper|Helpers|Impl|Manager|Base|Common|Misc)(\\$.*)?")
                .because("a class without a better name has no idea yet")
                .check(ProjectClasses.ALL);
    }

    @Test
    void noStaticHoldsStateThatChanges() {
        fields().that()
                .areStatic()
                .should()
                .beFinal()
                .because("ranks are threads of one process: what they share is passed to them")
                .check(ProjectClasses.ALL);
    }

    @Test
    void nothingUsesTheOldDatesOrJavaSerialization() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveNameMatching("java\\.util\\.(Date|Calendar)|java\\.io\\.Object(In|Out)putStream")
                .check(ProjectClasses.ALL);
    }
}
