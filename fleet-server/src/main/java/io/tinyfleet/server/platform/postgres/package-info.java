@org.jspecify.annotations.NullMarked
package io.tinyfleet.server.platform.postgres;
