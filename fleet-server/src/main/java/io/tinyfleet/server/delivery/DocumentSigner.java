package io.tinyfleet.server.delivery;

import io.tinyfleet.protocol.v1.Desired;

/** Signs desired documents for the director role. */
interface DocumentSigner {
    byte[] sign(Desired desired);
}
