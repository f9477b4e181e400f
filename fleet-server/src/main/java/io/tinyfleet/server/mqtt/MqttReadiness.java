package io.tinyfleet.server.mqtt;

import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** Ready while at least one link is up: with none, devices can neither be heard nor told anything. */
@Readiness
@ApplicationScoped
class MqttReadiness implements HealthCheck {
    private final Mqtt mqtt;

    MqttReadiness(Mqtt mqtt) {
        this.mqtt = mqtt;
    }

    @Override
    public HealthCheckResponse call() {
        return HealthCheckResponse.named("mqtt")
                .status(mqtt.connectedLinks() > 0)
                .withData("linksConnected", mqtt.connectedLinks())
                .build();
    }
}
