package io.tinyfleet.server.platform;

import io.quarkus.vertx.http.HttpServer;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Optional;

/** Where devices reach this server's HTTP: what is configured, or where it listens. */
public final class PublicAddress {
    /** The address that a proxy in front of the replicas has, such as {@code https://fleet.example}. */
    static final String PROPERTY = "tinyfleet.public-url";

    private final Optional<URI> configured;
    private final HttpServer http;

    PublicAddress(Optional<URI> configured, HttpServer http) {
        configured.ifPresent(PublicAddress::requireHttp);
        this.configured = configured;
        this.http = http;
    }

    private static void requireHttp(URI uri) {
        if (uri.getHost() == null || !("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))) {
            throw new IllegalStateException(
                    PROPERTY + " must be https://host or http://host, with or without a port and a path, got " + uri);
        }
    }

    /** The address, if a device may send a secret to it: by https, or on its own machine. */
    public Optional<URI> findForSecrets() {
        URI uri = configured.orElseGet(http::getLocalBaseUri);
        return "https".equals(uri.getScheme()) || isLoopback(uri.getHost()) ? Optional.of(uri) : Optional.empty();
    }

    private static boolean isLoopback(String host) {
        if (host.equals("localhost")) {
            return true;
        }
        if (!host.matches("[0-9.]+|\\[[0-9a-fA-F:]+]")) {
            // Only literal addresses: a name could point elsewhere tomorrow.
            return false;
        }
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            // No address, so not this machine.
            return false;
        }
    }
}
