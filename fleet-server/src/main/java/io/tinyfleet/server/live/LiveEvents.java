package io.tinyfleet.server.live;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.time.InstantSource;

/**
 * Tells consoles that something changed. An event is a row of the caller's transaction, so it is seen by every replica
 * if and only if the change itself is committed. Payloads are small (ids, a version); the console fetches again.
 */
@ApplicationScoped
public class LiveEvents {
    private final LiveEventRepository log;
    private final ObjectMapper json;
    private final InstantSource clock;

    LiveEvents(LiveEventRepository log, ObjectMapper json, InstantSource clock) {
        this.log = log;
        this.json = json;
        this.clock = clock;
    }

    /**
     * @param topic {@code fleet}, {@code rollout:<uuid>} or {@code device:<id>}
     * @param type a stable word such as {@code rollout-changed}
     * @param payload written as JSON
     */
    @Transactional(Transactional.TxType.MANDATORY)
    public void publish(String topic, String type, Object payload) {
        try {
            log.append(new Topic(topic), type, json.writeValueAsString(payload), clock.instant());
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("the payload of " + type + " cannot be written as JSON", e);
        }
    }
}
