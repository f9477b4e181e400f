package io.tinyfleet.server.platform;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.vertx.http.HttpServer;
import jakarta.enterprise.inject.Instance;
import java.net.URI;

/** Runs after everything listens: says so on standard output, in one line that programs can wait for. */
public final class ReadyApplication implements QuarkusApplication {
    private final HttpServer http;
    private final Instance<Endpoints> endpoints;

    ReadyApplication(HttpServer http, Instance<Endpoints> endpoints) {
        this.http = http;
        this.endpoints = endpoints;
    }

    @Override
    public int run(String... args) {
        String mqtt = endpoints.isResolvable() ? endpoints.get().mqtt().toString() : "none";
        System.out.println("TINYFLEET READY http=" + httpAddress() + " mqtt=" + mqtt);
        Quarkus.waitForExit();
        return 0;
    }

    private URI httpAddress() {
        return http.getLocalBaseUri();
    }
}
