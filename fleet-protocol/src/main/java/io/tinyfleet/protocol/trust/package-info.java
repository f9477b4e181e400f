/** Who may say what: DSSE envelopes over protobuf, the pinned root, and the rules a document must keep. */
@NullMarked
package io.tinyfleet.protocol.trust;

import org.jspecify.annotations.NullMarked;
