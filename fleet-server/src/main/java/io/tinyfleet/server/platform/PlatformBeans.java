package io.tinyfleet.server.platform;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.time.InstantSource;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The values every feature is built from. */
final class PlatformBeans {
    @Produces
    @Singleton
    Home home(@ConfigProperty(name = Home.PROPERTY, defaultValue = Home.DEFAULT) Path home) {
        // A mapping of the prefix "tinyfleet" would refuse every key below it that a feature does not map.
        return new Home(home);
    }

    /** The only place that reads the system clock; features inject the source and tests replace it. */
    @Produces
    @ApplicationScoped
    InstantSource clock() {
        return InstantSource.system();
    }

    @Produces
    @ApplicationScoped
    MonotonicClock monotonicClock() {
        return System::nanoTime;
    }
}
