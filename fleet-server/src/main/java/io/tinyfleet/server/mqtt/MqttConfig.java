package io.tinyfleet.server.mqtt;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

@ConfigMapping(prefix = "tinyfleet.mqtt")
interface MqttConfig {
    /** An external MQTT 5 broker, for example {@code tcp://broker:1883}; unset: the embedded one is started. */
    Optional<String> url();

    /** Credentials of the server's links at an external broker. */
    Optional<String> username();

    Optional<String> password();

    /** Where the embedded broker listens. */
    @WithDefault("127.0.0.1")
    String host();

    /** 0: any free port. */
    @WithDefault("1883")
    @Min(0) @Max(65_535) int port();

    /** Whether devices must speak TLS to the embedded broker. False is for loopback, and refused elsewhere. */
    @WithDefault("true")
    boolean tls();

    /** Host names and addresses in the broker's certificate, beside those known from host and public-url. */
    Optional<List<String>> tlsNames();

    /** PEM file with the authorities of an external broker's certificate: devices are told to trust them alone. */
    Optional<Path> caFile();

    /** What devices are told; unset: where the broker listens. */
    Optional<String> publicUrl();

    /** Connections of this replica that share the ingest. */
    @WithDefault("2")
    @Min(1) @Max(16) int links();

    /** Free space under which the embedded broker takes no more messages. */
    @WithDefault("268435456")
    @Min(1) long minDiskFreeBytes();

    /** Journal of the embedded broker; unset: under the home. */
    Optional<Path> journal();
}
