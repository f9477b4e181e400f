package io.tinyfleet.server.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.tinyfleet.server.architecture.badfixture.device.CountEverything;
import io.tinyfleet.server.architecture.badfixture.device.DeviceHelper;
import io.tinyfleet.server.architecture.badfixture.device.PublishBadly;
import io.tinyfleet.server.architecture.badfixture.device.ReadTheClock;
import io.tinyfleet.server.architecture.badfixture.rollout.engine.ImpureDecision;
import io.tinyfleet.server.architecture.badfixture.telemetry.StealDevices;
import org.junit.jupiter.api.Test;

/** Every rule holds for the product, and each has been seen failing on a class that breaks it. */
class ArchitectureTest {
    private static final String PRODUCT = "io.tinyfleet.server";
    private static final String FIXTURE = PRODUCT + ".architecture.badfixture";

    private static final JavaClasses PRODUCT_CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages(PRODUCT);

    private final ArchitectureRules product = new ArchitectureRules(PRODUCT);
    private final ArchitectureRules fixture = new ArchitectureRules(FIXTURE);

    private static void isSeen(ArchRule rule, Class<?> bad) {
        JavaClasses classes = new ClassFileImporter().importPackages(FIXTURE);
        assertThat(rule.evaluate(classes).getFailureReport().getDetails())
                .anySatisfy(detail -> assertThat(detail).contains(bad.getSimpleName()));
    }

    @Test
    void the_product_is_imported() {
        assertThat(PRODUCT_CLASSES).hasSizeGreaterThan(100);
    }

    @Test
    void the_engine_is_pure() {
        isSeen(fixture.theEngineIsPure(), ImpureDecision.class);
        product.theEngineIsPure().check(PRODUCT_CLASSES);
    }

    @Test
    void only_the_link_knows_paho() {
        isSeen(fixture.onlyTheLinkKnowsPaho(), PublishBadly.class);
        product.onlyTheLinkKnowsPaho().check(PRODUCT_CLASSES);
    }

    @Test
    void only_entities_and_repositories_know_persistence() {
        isSeen(fixture.onlyEntitiesAndRepositoriesKnowPersistence(), CountEverything.class);
        product.onlyEntitiesAndRepositoriesKnowPersistence().check(PRODUCT_CLASSES);
    }

    @Test
    void entities_stay_in_their_feature() {
        isSeen(fixture.entitiesStayInTheirFeature(), StealDevices.class);
        product.entitiesStayInTheirFeature().check(PRODUCT_CLASSES);
    }

    @Test
    void only_resources_know_http() {
        isSeen(fixture.onlyResourcesKnowHttp(), CountEverything.class);
        product.onlyResourcesKnowHttp().check(PRODUCT_CLASSES);
    }

    @Test
    void names_say_something() {
        isSeen(fixture.namesSaySomething(), DeviceHelper.class);
        product.namesSaySomething().check(PRODUCT_CLASSES);
    }

    @Test
    void time_is_injected() {
        isSeen(fixture.timeIsInjected(), ReadTheClock.class);
        product.timeIsInjected().check(PRODUCT_CLASSES);
    }

    @Test
    void features_have_no_cycles() {
        isSeen(fixture.featuresHaveNoCycles(), StealDevices.class);
        product.featuresHaveNoCycles().check(PRODUCT_CLASSES);
    }

    @Test
    void nothing_is_injected_into_fields() {
        isSeen(fixture.nothingIsInjectedIntoFields(), CountEverything.class);
        product.nothingIsInjectedIntoFields().check(PRODUCT_CLASSES);
    }
}
