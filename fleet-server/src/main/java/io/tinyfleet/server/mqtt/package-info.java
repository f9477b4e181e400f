/** The only place that speaks MQTT: the embedded broker, the server's links to a broker, publishing and ingest. */
@NullMarked
package io.tinyfleet.server.mqtt;

import org.jspecify.annotations.NullMarked;
