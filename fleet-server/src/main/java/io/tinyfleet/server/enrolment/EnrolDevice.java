package io.tinyfleet.server.enrolment;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.enrol.EnrolmentProof;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.server.device.Enrolments;
import io.tinyfleet.server.device.Enrolments.DeviceKey;
import io.tinyfleet.server.platform.Problem;
import io.tinyfleet.server.platform.ProblemException;
import io.tinyfleet.server.platform.ProblemType;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Makes a device known that holds a token and shows its key. The same token with the same key gets the same answer until
 * the token expires, so that a power cut after the answer bricks nothing.
 */
@ApplicationScoped
class EnrolDevice {
    private static final Logger LOG = Logger.getLogger(EnrolDevice.class);
    private static final ProblemType TOKEN_EXPIRED =
            new ProblemType(410, "token-expired", "The enrolment token has expired");

    private final EnrolmentTokenRepository tokens;
    private final Enrolments enrolments;
    private final InstantSource clock;

    EnrolDevice(EnrolmentTokenRepository tokens, Enrolments enrolments, InstantSource clock) {
        this.tokens = tokens;
        this.enrolments = enrolments;
        this.clock = clock;
    }

    record Application(String token, DeviceId device, byte[] publicKey, byte[] proof, String hardwareClass) {}

    /** Each refusal is a {@link ProblemException} with a code of its own. */
    @Transactional
    DeviceKey enrol(Application application) {
        Instant now = clock.instant();
        EnrolmentTokenEntity token = tokens.lockByHash(EnrolmentTokens.hash(application.token()))
                .orElseThrow(() -> Problem.unauthenticated("token-unknown", "There is no such enrolment token."));
        if (!now.isBefore(token.expiresAt)) {
            throw new ProblemException(TOKEN_EXPIRED, "The enrolment token expired at " + token.expiresAt + ".");
        }
        requireProof(application);
        Optional<DeviceKey> known = enrolments.lock(application.device());
        if (known.isPresent() && !known.get().retired()) {
            return repeat(known.get(), application);
        }
        if (known.isPresent() && known.get().token().equals(token.id)) {
            throw Problem.conflict(
                    "device-retired",
                    "Device " + application.device() + " was retired; enrolling it again takes a new token.");
        }
        if (token.uses >= token.maxUses) {
            throw Problem.conflict("token-used-up", "All " + token.maxUses + " uses of the token are spent.");
        }
        token.uses++;
        DeviceKey enrolled = enrolments.enrol(
                application.device(), token.kind, application.hardwareClass(), application.publicKey(), token.id, now);
        LOG.infof(
                "device enrolled id=%s kind=%s hardware=%s generation=%d",
                enrolled.device(), enrolled.kind(), application.hardwareClass(), enrolled.generation());
        return enrolled;
    }

    private static void requireProof(Application application) {
        try {
            EnrolmentProof.verify(
                    application.token(), application.device(), application.publicKey(), application.proof());
        } catch (TrustException e) {
            throw Problem.forbidden(
                    "proof-refused", "The proof does not show that the device holds this key: " + e.getMessage());
        }
    }

    private static DeviceKey repeat(DeviceKey known, Application application) {
        if (!known.keyDigest().equals(Digest.of(application.publicKey()))) {
            throw Problem.conflict(
                    "device-id-taken", "Device " + application.device() + " is enrolled under another key.");
        }
        return known;
    }
}
