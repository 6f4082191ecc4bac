package dev.dovetail.cli.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import org.junit.jupiter.api.Test;

/** What reviews would otherwise repeat. */
class StyleTest {
    private static final String ANTLR_GENERATED = "org.antlr.v4.runtime.Recognizer";

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
                .and()
                .areDeclaredInClassesThat(are(not(assignableTo(ANTLR_GENERATED))))
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
