package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.trust.TrustException;
import io.tinyfleet.protocol.trust.TrustedRoot;
import java.util.Optional;

/** The root of trust that devices pin at enrolment, and the roots it came from. */
public interface TrustKeys {
    /** The signed root document: a DSSE envelope. */
    byte[] rootEnvelope();

    Digest rootDigest();

    TrustedRoot root();

    /** Absent for a version that this server never had. */
    Optional<byte[]> findRoot(long version);

    /**
     * Takes the root after the present one.
     *
     * @throws TrustException when it is refused, also when this server does not hold the keys it names for director and
     *     heads; the present root stays
     */
    TrustedRoot accept(byte[] rootEnvelope) throws TrustException;

    /** Whether this server can sign releases and floors of the model by itself. */
    boolean signsReleasesOf(String model);

    /** Whether the root keys lie beside the others, which is for trying out only. */
    boolean holdsRootKeys();
}
