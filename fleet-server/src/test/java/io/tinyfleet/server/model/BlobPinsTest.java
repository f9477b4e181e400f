package io.tinyfleet.server.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.tinyfleet.registry.blob.BlobPins;
import io.tinyfleet.registry.blob.BlobStore;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Who stores blobs must say which of them are in use, or the collection would take them away. */
class BlobPinsTest {
    private static final JavaClasses SERVER = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.tinyfleet.server");

    @Test
    void each_package_that_stores_blobs_pins_those_in_use() {
        Set<String> storing = SERVER.stream()
                .filter(c -> c.getMethodCallsFromSelf().stream()
                        .anyMatch(call -> call.getTargetOwner().isEquivalentTo(BlobStore.class)
                                && call.getName().equals("put")))
                .map(JavaClass::getPackageName)
                .collect(Collectors.toSet());
        Set<String> pinning = SERVER.stream()
                .filter(c -> c.isAssignableTo(BlobPins.class))
                .map(JavaClass::getPackageName)
                .collect(Collectors.toSet());

        assertThat(storing).contains("io.tinyfleet.server.model");
        assertThat(pinning).containsAll(storing);
    }
}
