package io.tinyfleet.server.platform;

import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.time.InstantSource;

/** The values every feature is built from. */
final class PlatformBeans {
    @Produces
    @Singleton
    Home home(PlatformConfig config) {
        return new Home(config.home());
    }

    /** The only place that reads the system clock; features inject the source and tests replace it. */
    @Produces
    @ApplicationScoped
    InstantSource clock() {
        return InstantSource.system();
    }
}
