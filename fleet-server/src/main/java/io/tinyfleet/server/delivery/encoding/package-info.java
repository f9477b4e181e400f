/** Which encodings of an artifact exist, and how they are made: in the background, never before an offer. */
@NullMarked
package io.tinyfleet.server.delivery.encoding;

import org.jspecify.annotations.NullMarked;
