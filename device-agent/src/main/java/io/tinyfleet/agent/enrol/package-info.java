/** Enrolment: the device's key first, then the root to trust and the credentials. */
@NullMarked
package io.tinyfleet.agent.enrol;

import org.jspecify.annotations.NullMarked;
