package io.tinyfleet.server.access;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How somebody proved who they are. */
public enum LoginMethod {
    PASSWORD,
    TOKEN,
    OIDC;

    /** The identity attribute that carries it. */
    static final String ATTRIBUTE = "tinyfleet.login-method";

    @JsonValue
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
