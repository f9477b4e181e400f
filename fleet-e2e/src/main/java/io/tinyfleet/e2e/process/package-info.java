/** Servers, agents and brokers as real operating-system processes, and a client for the HTTP API. */
@NullMarked
package io.tinyfleet.e2e.process;

import org.jspecify.annotations.NullMarked;
