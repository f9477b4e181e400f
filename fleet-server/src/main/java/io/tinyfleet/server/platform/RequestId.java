package io.tinyfleet.server.platform;

import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.ThreadLocalRandom;

/** Names one request in the answer's header, in problems and in the log. */
final class RequestId {
    static final String HEADER = "X-Request-Id";

    private static final String KEY = "tinyfleet.request-id";

    private RequestId() {}

    /** The id of this request; made on first use, so that even the earliest refusal has one. */
    static String of(RoutingContext context) {
        String present = context.get(KEY);
        if (present != null) {
            return present;
        }
        String made = String.format("%016x", ThreadLocalRandom.current().nextLong());
        context.put(KEY, made);
        return made;
    }
}
