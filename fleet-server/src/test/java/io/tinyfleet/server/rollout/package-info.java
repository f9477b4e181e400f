@org.jspecify.annotations.NullMarked
package io.tinyfleet.server.rollout;
