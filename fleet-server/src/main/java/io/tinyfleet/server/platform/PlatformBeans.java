package io.tinyfleet.server.platform;

import io.quarkus.vertx.http.HttpServer;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.net.URI;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** The values every feature is built from. */
final class PlatformBeans {
    @Produces
    @Singleton
    Home home(@ConfigProperty(name = Home.PROPERTY, defaultValue = Home.DEFAULT) Path home) {
        // A mapping of the prefix "tinyfleet" would refuse every key below it that a feature does not map.
        return new Home(home);
    }

    @Produces
    @Singleton
    PublicAddress publicAddress(
            @ConfigProperty(name = PublicAddress.PROPERTY) Optional<URI> configured, HttpServer http) {
        return new PublicAddress(configured, http);
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
