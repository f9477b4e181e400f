package io.tinyfleet.server.rollout;

import io.smallrye.common.annotation.Blocking;
import io.tinyfleet.server.access.CurrentPerson;
import io.tinyfleet.server.platform.Problem;
import io.tinyfleet.server.rollout.engine.DeviceStateName;
import io.tinyfleet.server.rollout.engine.RolloutStateName;
import jakarta.annotation.security.RolesAllowed;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jboss.resteasy.reactive.ResponseStatus;
import org.jspecify.annotations.Nullable;

/** Rollouts over HTTP. */
@Path("/api/v1/rollouts")
@Tag(name = "rollout")
@Produces(MediaType.APPLICATION_JSON)
@Blocking
class RolloutsResource {
    private static final int MAX_LIST = 200;
    private static final int MAX_PAGE = 500;

    private final PlanRollout plan;
    private final ActOnRollout act;
    private final ShowRollout show;
    private final ShowRollouts list;
    private final CurrentPerson person;

    RolloutsResource(PlanRollout plan, ActOnRollout act, ShowRollout show, ShowRollouts list, CurrentPerson person) {
        this.plan = plan;
        this.act = act;
        this.show = show;
        this.list = list;
        this.person = person;
    }

    record RolloutList(List<RolloutSummary> items, long total) {}

    @POST
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed("operator")
    @ResponseStatus(201)
    @Operation(
            operationId = "planRollout",
            summary = "Plan a rollout; with dryRun it is kept as a draft, and start starts exactly this plan")
    public RolloutBody create(@QueryParam("dryRun") @DefaultValue("false") boolean dryRun, RolloutRequest request) {
        return show.get(plan.plan(request, dryRun, person.name()), true);
    }

    @GET
    @RolesAllowed("viewer")
    @Operation(operationId = "listRollouts", summary = "Rollouts, newest first; drafts only when asked for by state")
    public RolloutList list(
            @QueryParam("state") @Nullable String state, @QueryParam("limit") @DefaultValue("50") int limit) {
        List<RolloutStateName> states = names("state", state, RolloutStateName.class);
        List<RolloutStateName> asked = states.isEmpty()
                ? Arrays.stream(RolloutStateName.values())
                        .filter(name -> name != RolloutStateName.DRAFT)
                        .toList()
                : states;
        return new RolloutList(list.list(asked, limit(limit, MAX_LIST)), list.count(asked));
    }

    @GET
    @Path("{id}")
    @RolesAllowed("viewer")
    @Operation(operationId = "getRollout", summary = "A rollout with its waves, gates, evidence and possible verbs")
    public RolloutBody get(@PathParam("id") String id) {
        return show.get(id(id), false);
    }

    @POST
    @Path("{id}/{verb:start|pause|resume|rollback|abort|retry-failed|advance}")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed("operator")
    @Operation(
            operationId = "actOnRollout",
            summary = "Start, pause, resume, advance, roll back, abort, or retry failed devices")
    public RolloutBody act(
            @PathParam("id") String id,
            @PathParam("verb") String verb,
            @HeaderParam("Idempotency-Key") @Nullable String key,
            VerbRequest request) {
        Verb asked = Verb.find(verb).orElseThrow(() -> Problem.notFound("verb", verb));
        act.act(id(id), asked, request, new ActOnRollout.Asking(person.name(), Optional.ofNullable(key)));
        return show.get(id(id), false);
    }

    @GET
    @Path("{id}/devices")
    @RolesAllowed("viewer")
    @Operation(operationId = "listRolloutDevices", summary = "The devices of a rollout, in planned order")
    public ShowRollout.DevicePage devices(
            @PathParam("id") String id,
            @QueryParam("wave") @Nullable Integer wave,
            @QueryParam("state") @Nullable String state,
            @QueryParam("limit") @DefaultValue("100") int limit,
            @QueryParam("cursor") @Nullable String cursor) {
        MemberFilter filter = MemberFilter.of(Optional.ofNullable(wave), names("state", state, DeviceStateName.class));
        return show.devices(id(id), filter, rank(cursor), limit(limit, MAX_PAGE));
    }

    @GET
    @Path("{id}/events")
    @RolesAllowed("viewer")
    @Operation(
            operationId = "listRolloutEvents",
            summary = "What happened, newest first; every step of every device only with all=true")
    public ShowRollout.EventPage events(
            @PathParam("id") String id,
            @QueryParam("all") @DefaultValue("false") boolean all,
            @QueryParam("limit") @DefaultValue("100") int limit) {
        return show.events(id(id), all, limit(limit, MAX_PAGE));
    }

    private static UUID id(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException malformed) {
            throw Problem.notFound("rollout", text);
        }
    }

    private static int rank(@Nullable String cursor) {
        if (cursor == null || cursor.isBlank()) {
            return -1;
        }
        try {
            return Integer.parseInt(cursor);
        } catch (NumberFormatException malformed) {
            throw Problem.invalid("cursor", "must be the nextCursor of the page before", cursor);
        }
    }

    private static int limit(int asked, int most) {
        if (asked < 1 || asked > most) {
            throw Problem.invalid("limit", "must be 1.." + most, asked);
        }
        return asked;
    }

    private static <E extends Enum<E>> List<E> names(String field, @Nullable String list, Class<E> type) {
        if (list == null || list.isBlank()) {
            return List.of();
        }
        return Arrays.stream(list.split(",", -1))
                .map(name -> Arrays.stream(type.getEnumConstants())
                        .filter(value -> value.name().equals(name.strip()))
                        .findFirst()
                        .orElseThrow(() ->
                                Problem.invalid(field, "must be of " + Arrays.toString(type.getEnumConstants()), name)))
                .toList();
    }
}
