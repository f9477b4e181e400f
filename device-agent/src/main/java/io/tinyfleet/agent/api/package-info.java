/** Answers the device's own applications: the Open Inference Protocol, version 2, over HTTP on loopback. */
@NullMarked
package io.tinyfleet.agent.api;

import org.jspecify.annotations.NullMarked;
