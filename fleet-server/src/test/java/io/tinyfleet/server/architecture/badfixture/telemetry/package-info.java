@org.jspecify.annotations.NullMarked
package io.tinyfleet.server.architecture.badfixture.telemetry;
