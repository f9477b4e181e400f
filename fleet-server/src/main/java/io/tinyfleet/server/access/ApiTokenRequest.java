package io.tinyfleet.server.access;

import io.quarkus.security.identity.request.BaseAuthenticationRequest;

final class ApiTokenRequest extends BaseAuthenticationRequest {
    private final ApiToken token;

    ApiTokenRequest(ApiToken token) {
        this.token = token;
    }

    ApiToken token() {
        return token;
    }
}
