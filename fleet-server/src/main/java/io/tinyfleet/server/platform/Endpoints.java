package io.tinyfleet.server.platform;

import java.net.URI;
import java.util.Optional;

/** Where devices find this server; the bean that owns the broker link implements it. */
public interface Endpoints {
    /** The address devices connect to, such as {@code ssl://127.0.0.1:8883}; known once the application has started. */
    URI mqtt();

    /** PEM of the only authorities that devices are to trust there; absent when the address is not encrypted. */
    Optional<String> mqttAuthorities();
}
