package io.tinyfleet.server.mqtt;

import java.net.URI;
import java.util.Optional;

/** Where and as whom one link connects. */
record LinkSettings(URI broker, String clientId, Optional<String> username, Optional<String> password) {}
