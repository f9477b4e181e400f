package io.tinyfleet.agent;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.tinyfleet.agent.reconcile.OffendingReconciler;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDateTime;
import org.junit.jupiter.api.Test;

/** The rules of the module's shape. The planted offenders show that each rule bites. */
class ArchitectureTest {
    private static final JavaClasses AGENT = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.tinyfleet.agent");

    private static final ArchRule PAHO_ONLY_IN_LINK = noClasses()
            .that()
            .resideOutsideOfPackage("..agent.link..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.eclipse.paho..")
            .because("the wrapper around its faults is the link");

    private static final ArchRule RECONCILE_IS_PURE = classes()
            .that()
            .resideInAPackage("..agent.reconcile..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                    "java.lang..",
                    "java.util..",
                    "java.time..",
                    "com.google.protobuf..",
                    "io.tinyfleet.protocol..",
                    "io.tinyfleet.agent.reconcile..",
                    "org.jspecify..")
            .because("the heart decides from values alone");

    private static final ArchRule RECONCILE_READS_NO_CLOCK = noClasses()
            .that()
            .resideInAPackage("..agent.reconcile..")
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .dependOnClassesThat()
            .resideInAPackage("java.util.concurrent..");

    private static final ArchRule TIME_IS_INJECTED = noClasses()
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(LocalDateTime.class, "now")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(Clock.class, "systemDefaultZone")
            .because("clocks are injected");

    private static final ArchRule NO_SERVER_SIDE = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.quarkus..", "jakarta..", "io.tinyfleet.registry..", "io.tinyfleet.server..");

    private static final ArchRule NATIVE_CODE_ONLY_IN_THE_WORKER = noClasses()
            .that()
            .resideOutsideOfPackage("..agent.runtime.worker..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("ai.onnxruntime..")
            .because("a crash in native code must end a worker, never the agent");

    private static final ArchRule PROCESS_ENDS_ONLY_IN_MAIN = noClasses()
            .that()
            .doNotHaveFullyQualifiedName("io.tinyfleet.agent.Agent")
            .and()
            .resideOutsideOfPackage("..agent.runtime.worker..")
            .should()
            .callMethod(System.class, "exit", int.class);

    private static final ArchRule NAMES_SAY_SOMETHING = noClasses()
            .should()
            .haveSimpleNameEndingWith("Util")
            .orShould()
            .haveSimpleNameEndingWith("Utils")
            .orShould()
            .haveSimpleNameEndingWith("Helper")
            .orShould()
            .haveSimpleNameEndingWith("Manager")
            .orShould()
            .haveSimpleNameEndingWith("Impl")
            .orShould()
            .haveSimpleNameEndingWith("Base")
            .orShould()
            .haveSimpleNameEndingWith("Common")
            .orShould()
            .haveSimpleNameEndingWith("Info");

    @Test
    void paho_is_used_by_the_link_alone() {
        PAHO_ONLY_IN_LINK.check(AGENT);
    }

    @Test
    void the_heart_is_pure() {
        RECONCILE_IS_PURE.check(AGENT);
        RECONCILE_READS_NO_CLOCK.check(AGENT);
    }

    @Test
    void time_is_injected() {
        TIME_IS_INJECTED.check(AGENT);
    }

    @Test
    void the_agent_knows_nothing_of_the_server_s_side() {
        NO_SERVER_SIDE.check(AGENT);
    }

    @Test
    void native_code_is_loaded_by_workers_alone() {
        NATIVE_CODE_ONLY_IN_THE_WORKER.check(AGENT);
    }

    @Test
    void only_main_ends_the_process() {
        PROCESS_ENDS_ONLY_IN_MAIN.check(AGENT);
    }

    @Test
    void names_say_something() {
        NAMES_SAY_SOMETHING.check(AGENT);
    }

    @Test
    void packages_have_no_cycles() {
        slices().matching("io.tinyfleet.agent.(*)..").should().beFreeOfCycles().check(AGENT);
    }

    @Test
    void there_is_something_to_check() {
        assertThat(AGENT.size()).isGreaterThan(100);
    }

    // ---- each rule has been seen failing

    private static void fails(ArchRule rule, Class<?> offender) {
        JavaClasses planted = new ClassFileImporter().importClasses(offender);
        assertThatThrownBy(() -> rule.check(planted))
                .as(rule.getDescription())
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining(offender.getSimpleName());
    }

    @Test
    void a_planted_offender_fails_every_rule() {
        fails(PAHO_ONLY_IN_LINK, PlantedHelper.class);
        fails(RECONCILE_IS_PURE, OffendingReconciler.class);
        fails(RECONCILE_READS_NO_CLOCK, OffendingReconciler.class);
        fails(TIME_IS_INJECTED, PlantedHelper.class);
        fails(NATIVE_CODE_ONLY_IN_THE_WORKER, PlantedHelper.class);
        fails(PROCESS_ENDS_ONLY_IN_MAIN, PlantedHelper.class);
        fails(NAMES_SAY_SOMETHING, PlantedHelper.class);
    }

    /** Breaks most rules at once. */
    static final class PlantedHelper {
        private PlantedHelper() {}

        static Object breakAll(ai.onnxruntime.OrtException thrown) {
            System.exit(1);
            return new Object[] {Instant.now(), new org.eclipse.paho.mqttv5.common.MqttMessage(), thrown};
        }
    }
}
