package io.tinyfleet.server.access;

import io.quarkus.security.identity.request.BaseAuthenticationRequest;

final class SessionRequest extends BaseAuthenticationRequest {
    private final Session session;

    SessionRequest(Session session) {
        this.session = session;
    }

    Session session() {
        return session;
    }
}
