/** A device that shares no code with this repository, against the real server. */
@NullMarked
package io.tinyfleet.e2e.interop;

import org.jspecify.annotations.NullMarked;
