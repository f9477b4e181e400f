package io.tinyfleet.server.access;

import io.tinyfleet.server.platform.Home;
import io.tinyfleet.server.platform.SecretFile;
import io.vertx.core.http.Cookie;
import io.vertx.core.http.CookieSameSite;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;

/** Sessions as cookies: encrypted, out of reach of scripts, never sent by other sites. */
@ApplicationScoped
class Sessions {
    static final String COOKIE = "tinyfleet-session";

    private final AccessConfig config;
    private final InstantSource clock;
    private final SessionSeal seal;

    Sessions(AccessConfig config, Home home, InstantSource clock) {
        this.config = config;
        this.clock = clock;
        this.seal = new SessionSeal(key(config, home));
    }

    void begin(RoutingContext context, String account) {
        setCookie(context, Session.begin(account, clock.instant()));
    }

    /** The session the request carries, renewed when its cookie has got some age. */
    Optional<Session> find(RoutingContext context) {
        Cookie cookie = context.request().getCookie(COOKIE);
        if (cookie == null || cookie.getValue() == null) {
            return Optional.empty();
        }
        Instant now = clock.instant();
        return seal.open(cookie.getValue())
                .filter(session -> session.isValidAt(now, config.sessionIdle(), config.sessionLifetime()));
    }

    void renewIfAged(RoutingContext context, Session session) {
        Instant now = clock.instant();
        if (session.wantsRenewalAt(now) && !context.response().headWritten()) {
            setCookie(context, session.renew(now));
        }
    }

    void end(RoutingContext context) {
        context.response()
                .addCookie(attributes(context, Cookie.cookie(COOKIE, "")).setMaxAge(0));
    }

    private void setCookie(RoutingContext context, Session session) {
        context.response().addCookie(attributes(context, Cookie.cookie(COOKIE, seal.seal(session))));
    }

    private static Cookie attributes(RoutingContext context, Cookie cookie) {
        return cookie.setPath("/")
                .setHttpOnly(true)
                .setSameSite(CookieSameSite.STRICT)
                .setSecure(context.request().isSSL());
    }

    private static byte[] key(AccessConfig config, Home home) {
        try {
            String encoded = config.sessionKey().isPresent()
                    ? config.sessionKey().get()
                    : SecretFile.readOrCreate(
                            home.keys().resolve("session.key"),
                            () -> Base64.getEncoder().encodeToString(SessionSeal.randomKey()));
            return Base64.getDecoder().decode(encoded);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read or keep the session key", e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "the session key must be base64 of " + SessionSeal.KEY_BYTES + " bytes", e);
        }
    }
}
