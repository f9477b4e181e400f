package io.tinyfleet.server.live;

/** One row of the log. */
record LiveEvent(Cursor cursor, Topic topic, String type, String payloadJson) {}
