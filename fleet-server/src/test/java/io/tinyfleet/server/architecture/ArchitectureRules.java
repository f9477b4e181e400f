package io.tinyfleet.server.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The rules of the house that a machine can check, each with its reason. {@code root} is the package whose children are
 * the features.
 */
record ArchitectureRules(String root) {
    private static final Pattern VAGUE =
            Pattern.compile("(Abstract|Base|Common).*|.*(Utils?|Helper|Manager|Impl|Base|Common|Data|Info)");

    private static final Map<String, Set<String>> CLOCK_READINGS = Map.of(
            "java.time.Instant", Set.of("now"),
            "java.time.LocalDate", Set.of("now"),
            "java.time.LocalDateTime", Set.of("now"),
            "java.time.OffsetDateTime", Set.of("now"),
            "java.time.ZonedDateTime", Set.of("now"),
            "java.lang.System", Set.of("currentTimeMillis", "nanoTime"),
            "java.lang.Thread", Set.of("sleep"));

    ArchRule theEngineIsPure() {
        return noClasses()
                .that()
                .resideInAPackage("..rollout.engine..")
                .should()
                .dependOnClassesThat(DescribedPredicate.not(
                        resideInAnyPackage("java..", "io.tinyfleet.protocol", "org.jspecify..", "..rollout.engine..")))
                .because("decisions are values in, values out: they run in a test without anything around them");
    }

    ArchRule onlyTheLinkKnowsPaho() {
        return noClasses()
                .that()
                .resideOutsideOfPackage(root + ".mqtt..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.eclipse.paho..")
                .because("the client's faults are worked around in one place");
    }

    ArchRule onlyEntitiesAndRepositoriesKnowPersistence() {
        return noClasses()
                .that(DescribedPredicate.not(isNamed("(Entity|Repository)")))
                .and(DescribedPredicate.not(resideInAPackage(root + ".platform..")))
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                        "jakarta.persistence..", "io.quarkus.hibernate..", "io.quarkus.panache..", "org.hibernate.."))
                .because("a use case speaks of its domain, its repository of the database");
    }

    ArchRule entitiesStayInTheirFeature() {
        return classes().should(notUseAnotherFeaturesEntities()).because("features meet at ports, not at tables");
    }

    ArchRule onlyResourcesKnowHttp() {
        return noClasses()
                .that(DescribedPredicate.not(isNamed("Resource")))
                .and(DescribedPredicate.not(resideInAPackage(root + ".platform..")))
                .should()
                .dependOnClassesThat()
                .resideInAPackage("jakarta.ws.rs..")
                .because("a use case can be called by a tick or a message as well");
    }

    ArchRule namesSaySomething() {
        return noClasses()
                .that(describe("are written by hand", type -> !type.isAnonymousClass()))
                .should()
                .haveNameMatching("(.*[.$])(" + VAGUE.pattern() + ")")
                .because("a vague name collects what has no home");
    }

    ArchRule timeIsInjected() {
        return noClasses()
                .that(DescribedPredicate.not(resideInAPackage(root + ".platform..")))
                .should()
                .callMethodWhere(describe("a clock is read", ArchitectureRules::readsAClock))
                .because("time comes from InstantSource or MonotonicClock, so that a test can say what time it is");
    }

    ArchRule featuresHaveNoCycles() {
        return slices().matching(root + ".(*)..")
                .should()
                .beFreeOfCycles()
                .because("a feature can be read with those below it, and no more");
    }

    ArchRule nothingIsInjectedIntoFields() {
        return fields().should()
                .notBeAnnotatedWith("jakarta.inject.Inject")
                .andShould()
                .notBeAnnotatedWith("org.eclipse.microprofile.config.inject.ConfigProperty")
                .because("a constructor shows what a class needs and makes it whole");
    }

    private static boolean readsAClock(JavaMethodCall call) {
        Set<String> names = CLOCK_READINGS.get(call.getTargetOwner().getFullName());
        return names != null && names.contains(call.getName());
    }

    /** Of the outermost class: what is nested in an entity belongs to it. */
    private static DescribedPredicate<JavaClass> isNamed(String suffix) {
        return describe(
                "are named *" + suffix, type -> outermost(type).getSimpleName().matches(".*" + suffix));
    }

    private static JavaClass outermost(JavaClass type) {
        return type.getEnclosingClass().map(ArchitectureRules::outermost).orElse(type);
    }

    private ArchCondition<JavaClass> notUseAnotherFeaturesEntities() {
        return new ArchCondition<>("not use another feature's entity or repository") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
                    JavaClass used = outermost(dependency.getTargetClass());
                    boolean isStored = used.getPackageName().startsWith(root)
                            && used.getSimpleName().matches(".*(Entity|Repository)");
                    if (isStored && !feature(used).equals(feature(type))) {
                        events.add(SimpleConditionEvent.violated(dependency, dependency.getDescription()));
                    }
                }
            }
        };
    }

    private String feature(JavaClass type) {
        Matcher feature = Pattern.compile(Pattern.quote(root) + "\\.([a-z]+).*").matcher(type.getPackageName());
        return feature.matches() ? feature.group(1) : "";
    }
}
