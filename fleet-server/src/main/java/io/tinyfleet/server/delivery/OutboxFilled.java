package io.tinyfleet.server.delivery;

/** Fired in the transaction that adds outbox rows; the relay wakes after its commit. */
record OutboxFilled() {}
