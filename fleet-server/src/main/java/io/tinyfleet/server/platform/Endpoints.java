package io.tinyfleet.server.platform;

import java.net.URI;

/** Where devices find this server; the bean that owns the broker link implements it. */
public interface Endpoints {
    /** The address devices connect to, such as {@code tcp://127.0.0.1:1883}; known once the application has started. */
    URI mqtt();
}
