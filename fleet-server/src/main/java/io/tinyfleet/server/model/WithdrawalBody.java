package io.tinyfleet.server.model;

import java.time.Instant;

/** That a release is offered no more. */
public record WithdrawalBody(Instant at, String by, String reason) {}
