/** How a device becomes known: tokens, proof of its key, and its broker credentials. */
@NullMarked
package io.tinyfleet.server.enrolment;

import org.jspecify.annotations.NullMarked;
