/** How devices get what they are to run: signing keys, desired documents, the outbox relay and chunks. */
@NullMarked
package io.tinyfleet.server.delivery;

import org.jspecify.annotations.NullMarked;
