package io.tinyfleet.registry.architecture;

import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.time.InstantSource;
import java.time.temporal.Temporal;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The rules of this module, each seen failing on a class that breaks it. */
class ArchitectureTest {
    private static final ArchRule KNOWS_NEITHER_QUARKUS_NOR_PAHO_NOR_JDBC = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "io.quarkus..",
                    "jakarta..",
                    "org.eclipse.paho..",
                    "java.sql..",
                    "javax.sql..",
                    "org.hibernate..",
                    "org.flywaydb..")
            .because("what a model is does not depend on how it is served or stored");

    /** A program must start somewhere: its main class takes the system's clock and hands it on. */
    private static final ArchRule TIME_COMES_FROM_OUTSIDE = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("io.tinyfleet.registry.cli.Tinyfleet")
            .should()
            .callMethodWhere(target(owner(JavaClass.Predicates.assignableTo(Temporal.class)))
                    .and(target(nameMatching("now"))))
            .orShould()
            .callMethodWhere(target(owner(JavaClass.Predicates.assignableTo(InstantSource.class)))
                    .and(target(nameMatching("system.*|tick.*"))))
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .because("a rule that reads the clock itself cannot be tested, and a device's clock may be wrong");

    private static final ArchRule NAMES_SAY_SOMETHING = noClasses()
            .should()
            .haveSimpleNameEndingWith("Util")
            .orShould(haveVagueName())
            .because("such a name fits every class");

    private static com.tngtech.archunit.lang.ArchCondition<JavaClass> haveVagueName() {
        return com.tngtech.archunit.lang.conditions.ArchConditions.haveNameMatching(
                ".*(Utils|Helper|Manager|Impl|Base|Common|Data|Info)");
    }

    private static final ArchRule NO_CYCLES = SlicesRuleDefinition.slices()
            .matching("io.tinyfleet.registry.(*)..")
            .should()
            .beFreeOfCycles();

    private static final JavaClasses PRODUCT = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.tinyfleet.registry");

    @Test
    void the_product_is_looked_at() {
        assertThat(PRODUCT.size()).isGreaterThan(20);
    }

    @Test
    void the_registry_knows_neither_quarkus_nor_paho_nor_jdbc() {
        KNOWS_NEITHER_QUARKUS_NOR_PAHO_NOR_JDBC.check(PRODUCT);
        assertBroken(KNOWS_NEITHER_QUARKUS_NOR_PAHO_NOR_JDBC, "KnowsQuarkus", List.of("QuarkusThing"));
        assertBroken(KNOWS_NEITHER_QUARKUS_NOR_PAHO_NOR_JDBC, "KnowsPaho", List.of("PahoThing"));
        assertBroken(KNOWS_NEITHER_QUARKUS_NOR_PAHO_NOR_JDBC, "KnowsJdbc", List.of("java.sql.Timestamp"));
    }

    @Test
    void time_comes_from_outside() {
        TIME_COMES_FROM_OUTSIDE.check(PRODUCT);
        assertBroken(
                TIME_COMES_FROM_OUTSIDE,
                "ReadsTheClock",
                List.of("Instant.now()", "System.currentTimeMillis()", "LocalDateTime.now()", "Clock.systemUTC()"));
    }

    @Test
    void names_say_something() {
        NAMES_SAY_SOMETHING.check(PRODUCT);
        assertBroken(NAMES_SAY_SOMETHING, "ModelHelper", List.of("ModelHelper"));
    }

    @Test
    void packages_do_not_go_round_in_circles() {
        NO_CYCLES.check(PRODUCT);
        JavaClasses circle = new ClassFileImporter()
                .importPackages("io.tinyfleet.registry.architecture", "io.tinyfleet.registry.circle");
        assertThat(NO_CYCLES.evaluate(circle).hasViolation()).isTrue();
    }

    private static void assertBroken(ArchRule rule, String fixture, List<String> mentions) {
        JavaClasses bad = new ClassFileImporter()
                .importPackages("io.tinyfleet.registry.architecture.fixture")
                .that(com.tngtech.archunit.base.DescribedPredicate.describe(
                        fixture, javaClass -> javaClass.getSimpleName().equals(fixture)));
        assertThat(bad).hasSize(1);
        String report = rule.evaluate(bad).getFailureReport().toString();
        assertThat(report).contains(mentions);
    }
}
