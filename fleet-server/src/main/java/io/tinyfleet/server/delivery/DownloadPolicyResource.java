package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.v1.DownloadPolicy;
import io.tinyfleet.server.access.CurrentPerson;
import io.tinyfleet.server.device.DeviceDirectory;
import io.tinyfleet.server.platform.FieldViolation;
import io.tinyfleet.server.platform.Problem;
import jakarta.annotation.security.RolesAllowed;
import jakarta.transaction.Transactional;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.PUT;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** How a device may use its link for model bytes. It reaches the device inside its signed document. */
@Path("/api/v1/devices/{id}/download-policy")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "devices")
public class DownloadPolicyResource {
    /** Under this a chunk would take longer than a device waits for it. */
    static final long MIN_BYTES_PER_SECOND = 4096;

    private final DownloadPolicyRepository policies;
    private final DeviceDirectory devices;
    private final DesiredStates desired;
    private final CurrentPerson person;
    private final InstantSource clock;

    DownloadPolicyResource(
            DownloadPolicyRepository policies,
            DeviceDirectory devices,
            DesiredStates desired,
            CurrentPerson person,
            InstantSource clock) {
        this.policies = policies;
        this.devices = devices;
        this.desired = desired;
        this.person = person;
        this.clock = clock;
    }

    /**
     * All are optional.
     *
     * @param maxBytesPerSecond absent: no cap
     * @param metered the link costs money; absent: it does not
     * @param meteredMaxBytes on a metered link, a model with more bytes left than this waits; absent: every model waits
     * @param preferHttps fetch models by HTTPS where there is a link
     */
    public record Policy(
            @Nullable Long maxBytesPerSecond,
            @Nullable Boolean metered,
            @Nullable Long meteredMaxBytes,
            @Nullable Boolean preferHttps) {}

    @GET
    @RolesAllowed("viewer")
    @Operation(operationId = "getDownloadPolicy", summary = "How the device may use its link for model bytes")
    public Policy get(@PathParam("id") String id) {
        DownloadPolicy policy = policies.find(device(id)).orElse(DownloadPolicy.getDefaultInstance());
        return new Policy(
                policy.getMaxBytesPerSecond() == 0 ? null : policy.getMaxBytesPerSecond(),
                policy.getMetered(),
                policy.getMetered() ? policy.getMeteredMaxBytes() : null,
                policy.getPreferHttps());
    }

    @PUT
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed("operator")
    @Transactional
    @Operation(
            operationId = "setDownloadPolicy",
            summary = "Cap the device's downloads, or say that its link is metered; what is left out has no limit")
    public Policy put(@PathParam("id") String id, Policy given) {
        DeviceId device = device(id);
        List<FieldViolation> violations = new ArrayList<>();
        Long rate = given.maxBytesPerSecond();
        if (rate != null && rate < MIN_BYTES_PER_SECOND) {
            violations.add(new FieldViolation(
                    "maxBytesPerSecond", "must be " + MIN_BYTES_PER_SECOND + " bytes or more", rate.toString()));
        }
        Long meteredMax = given.meteredMaxBytes();
        boolean metered = Boolean.TRUE.equals(given.metered());
        if (meteredMax != null && (!metered || meteredMax < 0)) {
            violations.add(new FieldViolation(
                    "meteredMaxBytes", "must be 0 bytes or more, and needs metered to be true", meteredMax.toString()));
        }
        if (!violations.isEmpty()) {
            throw Problem.invalid(violations);
        }
        DownloadPolicy policy = DownloadPolicy.newBuilder()
                .setMaxBytesPerSecond(Optional.ofNullable(rate).orElse(0L))
                .setMetered(metered)
                .setMeteredMaxBytes(Optional.ofNullable(meteredMax).orElse(0L))
                .setPreferHttps(Boolean.TRUE.equals(given.preferHttps()))
                .build();
        policies.put(device, policy, clock.instant(), person.name());
        desired.resend(device);
        return get(id);
    }

    private DeviceId device(String id) {
        try {
            DeviceId device = new DeviceId(id);
            if (devices.exists(device)) {
                return device;
            }
        } catch (IllegalArgumentException e) {
            // Not an id at all, so there is no such device either.
            throw Problem.notFound("device", id);
        }
        throw Problem.notFound("device", id);
    }
}
