package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.trust.HeadsDocuments.TooManyReleasesException;
import io.tinyfleet.protocol.v1.Desired;
import io.tinyfleet.protocol.v1.Floors;
import io.tinyfleet.protocol.v1.Heads;

/** Signs what the server says by itself. */
interface DocumentSigner {
    /** For the director role. */
    byte[] sign(Desired desired);

    /** For the heads role. */
    byte[] sign(Heads heads) throws TooManyReleasesException;

    /** With the keys of the model's releases; a problem when this server does not hold them. */
    byte[] sign(Floors floors);
}
