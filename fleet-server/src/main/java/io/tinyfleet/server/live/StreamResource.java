package io.tinyfleet.server.live;

import io.smallrye.mutiny.Multi;
import io.tinyfleet.server.platform.Problem;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.OutboundSseEvent;
import jakarta.ws.rs.sse.Sse;
import java.util.Optional;
import java.util.Set;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.enums.SchemaType;
import org.eclipse.microprofile.openapi.annotations.media.Content;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.eclipse.microprofile.openapi.annotations.parameters.Parameter;
import org.eclipse.microprofile.openapi.annotations.responses.APIResponse;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.RestStreamElementType;
import org.jspecify.annotations.Nullable;

/** The live stream: one connection a tab, for all topics the tab shows. */
@Path("/api/v1/stream")
@Tag(name = "live")
@RolesAllowed("viewer")
public final class StreamResource {
    private final LiveTail tail;
    private final Sse sse;

    StreamResource(LiveTail tail, Sse sse) {
        this.tail = tail;
        this.sse = sse;
    }

    @GET
    @Produces(MediaType.SERVER_SENT_EVENTS)
    @RestStreamElementType(MediaType.TEXT_PLAIN)
    @Operation(
            operationId = "stream",
            summary = "Server-sent events of the given topics",
            description = "The event's name is its type, its data JSON, its id a place to resume from with"
                    + " Last-Event-ID. The first event is hello; gap tells that events may have been missed. Events of"
                    + " the topic fleet come once a second at most; a heartbeat comment after 15 s of silence.")
    @APIResponse(
            responseCode = "200",
            description = "The stream; it stays open",
            content = @Content(mediaType = MediaType.SERVER_SENT_EVENTS, schema = @Schema(type = SchemaType.STRING)))
    public Multi<OutboundSseEvent> stream(
            @Parameter(description = "Comma-separated: fleet, rollout:<id>, device:<id>, job:<id>")
                    @QueryParam("topics")
                    @Nullable String topics,
            @HeaderParam("Last-Event-ID") @Nullable String lastEventId) {
        return tail.stream(parse(topics), resumeFrom(lastEventId)).map(this::written);
    }

    private static Set<Topic> parse(@Nullable String topics) {
        if (topics == null || topics.isBlank()) {
            throw Problem.invalid("topics", "must name at least one topic", topics);
        }
        try {
            return Topic.list(topics);
        } catch (IllegalArgumentException e) {
            throw Problem.invalid("topics", String.valueOf(e.getMessage()), topics);
        }
    }

    private static Optional<Cursor> resumeFrom(@Nullable String lastEventId) {
        if (lastEventId == null || lastEventId.isBlank()) {
            return Optional.empty();
        }
        // An id that is none of ours cannot be resumed from: before the log's beginning, so the answer is a gap.
        return Optional.of(Cursor.parse(lastEventId.strip()).orElse(new Cursor(-1, -1)));
    }

    private OutboundSseEvent written(LiveMessage message) {
        OutboundSseEvent.Builder event = sse.newEventBuilder();
        message.id().ifPresent(id -> event.id(id.toString()));
        if (message.isHeartbeat()) {
            return event.comment("heartbeat").build();
        }
        message.name().ifPresent(event::name);
        return event.data(String.class, message.data()).build();
    }
}
