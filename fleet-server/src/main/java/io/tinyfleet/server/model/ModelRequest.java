package io.tinyfleet.server.model;

import org.jspecify.annotations.Nullable;

/** What the data team sends to name a new model. */
public record ModelRequest(
        @Nullable String name,
        @Nullable String task,
        @Nullable String description,
        @Nullable String licence) {}
