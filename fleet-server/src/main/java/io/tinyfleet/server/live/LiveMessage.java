package io.tinyfleet.server.live;

import java.util.Optional;

/** What one client is sent: an event, a note of the stream itself, or a heartbeat. */
record LiveMessage(Optional<Cursor> id, Optional<String> name, String data) {
    /** The first message: gives the client a place to resume from, even if nothing ever happens. */
    static LiveMessage hello(Cursor at) {
        return new LiveMessage(Optional.of(at), Optional.of("hello"), "{}");
    }

    /** Events may have been missed: fetch everything shown again. */
    static LiveMessage gap(Cursor at) {
        return new LiveMessage(Optional.of(at), Optional.of("gap"), "{}");
    }

    static LiveMessage event(LiveEvent event, Cursor resumeFrom) {
        return new LiveMessage(Optional.of(resumeFrom), Optional.of(event.type()), event.payloadJson());
    }

    static LiveMessage heartbeat(Optional<Cursor> resumeFrom) {
        return new LiveMessage(resumeFrom, Optional.empty(), "");
    }

    boolean isHeartbeat() {
        return name.isEmpty();
    }
}
