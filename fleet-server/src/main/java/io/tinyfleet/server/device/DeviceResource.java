package io.tinyfleet.server.device;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.server.device.DeviceListRepository.Page;
import io.tinyfleet.server.device.DeviceQuery.Cursor;
import io.tinyfleet.server.device.DeviceQuery.Sort;
import io.tinyfleet.server.device.DeviceViews.DeviceDetail;
import io.tinyfleet.server.device.DeviceViews.DeviceList;
import io.tinyfleet.server.device.DeviceViews.EventList;
import io.tinyfleet.server.device.DeviceViews.EventView;
import io.tinyfleet.server.platform.FieldViolation;
import io.tinyfleet.server.platform.Problem;
import jakarta.annotation.security.RolesAllowed;
import jakarta.enterprise.inject.Instance;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

@Path("/api/v1/devices")
@Produces(MediaType.APPLICATION_JSON)
@Tag(name = "devices")
class DeviceResource {
    private static final int DEFAULT_LIMIT = 100;
    private static final int MAX_TEXT = 100;
    private static final int MAX_REASON = 500;

    private final DeviceRepository devices;
    private final DeviceListRepository lists;
    private final EventRepository events;
    private final FleetCounts counts;
    private final DeviceVerbs verbs;
    private final Instance<RolloutMembers> rollouts;
    private final Instance<DesiredResend> desired;

    DeviceResource(
            DeviceRepository devices,
            DeviceListRepository lists,
            EventRepository events,
            FleetCounts counts,
            DeviceVerbs verbs,
            Instance<RolloutMembers> rollouts,
            Instance<DesiredResend> desired) {
        this.devices = devices;
        this.lists = lists;
        this.events = events;
        this.counts = counts;
        this.verbs = verbs;
        this.rollouts = rollouts;
        this.desired = desired;
    }

    /** The query of a list, as it stands in the address. */
    public static final class ListParameters {
        @QueryParam("q")
        public @Nullable String q;

        @QueryParam("state")
        public @Nullable String state;

        @QueryParam("hardware")
        public @Nullable String hardware;

        @QueryParam("model")
        public @Nullable String model;

        @QueryParam("version")
        public @Nullable String version;

        @QueryParam("kind")
        public @Nullable String kind;

        @QueryParam("rollout")
        public @Nullable String rollout;

        @QueryParam("sort")
        public @Nullable String sort;

        @QueryParam("order")
        public @Nullable String order;

        @QueryParam("limit")
        public @Nullable String limit;

        @QueryParam("cursor")
        public @Nullable String cursor;
    }

    record QuarantineRequest(@Nullable String reason) {}

    @GET
    @RolesAllowed("viewer")
    @Operation(
            operationId = "listDevices",
            summary = "A page of devices with facets; a facet ignores its own selection")
    public DeviceList list(@jakarta.ws.rs.BeanParam ListParameters parameters) {
        DeviceQuery query = query(parameters);
        Page page = lists.page(query);
        Map<DeviceId, DeviceRow> rows = devices.read(page.ids());
        DeviceListRepository.Facets facets = lists.facets(query);
        Map<DeviceState, Long> states = new EnumMap<>(DeviceState.class);
        Arrays.stream(DeviceState.values())
                .forEach(state -> states.put(state, facets.states().getOrDefault(state.name(), 0L)));
        return new DeviceList(
                page.ids().stream()
                        .flatMap(id -> Optional.ofNullable(rows.get(id)).stream())
                        .map(DeviceViews::of)
                        .toList(),
                page.total(),
                counts.total(),
                page.next().map(next -> encode(query, next)).orElse(null),
                new DeviceViews.Facets(states, facets.hardware(), facets.versions()));
    }

    @GET
    @Path("/{id}")
    @RolesAllowed("viewer")
    @Operation(operationId = "getDevice", summary = "One device with everything known of it")
    public DeviceDetail get(@PathParam("id") String id) {
        DeviceId device = id(id);
        DeviceRow row = Optional.ofNullable(devices.read(Set.of(device)).get(device))
                .orElseThrow(() -> Problem.notFound("device", id));
        long desiredSeq = desired.isResolvable()
                ? desired.get().latestSeqs(Set.of(device)).getOrDefault(device, 0L)
                : 0;
        return DeviceViews.detail(row, desiredSeq);
    }

    @GET
    @Path("/{id}/events")
    @RolesAllowed("viewer")
    @Operation(operationId = "listDeviceEvents", summary = "What happened on a device, newest first")
    public EventList events(@PathParam("id") String id, @QueryParam("limit") @Nullable String limit) {
        DeviceId device = requireExisting(id);
        List<FieldViolation> violations = new ArrayList<>();
        int count = limit(limit, violations);
        refuse(violations);
        return new EventList(events.newest(device, count).stream()
                .map(event -> new EventView(
                        event.at(), event.code(), event.severity(), event.slot().orElse(null), event.detail()))
                .toList());
    }

    @POST
    @Path("/{id}/quarantine")
    @Consumes(MediaType.APPLICATION_JSON)
    @RolesAllowed("operator")
    @Operation(operationId = "quarantineDevice", summary = "Keep the device on its model and offer it nothing")
    public DeviceDetail quarantine(@PathParam("id") String id, @Nullable QuarantineRequest request) {
        String reason = request == null || request.reason() == null
                ? ""
                : request.reason().strip();
        if (reason.isEmpty() || reason.length() > MAX_REASON) {
            throw Problem.invalid("reason", "must have 1 to 500 characters", reason);
        }
        verbs.quarantine(id(id), reason);
        return get(id);
    }

    @POST
    @Path("/{id}/release")
    @RolesAllowed("operator")
    @Operation(operationId = "releaseDevice", summary = "End the quarantine")
    public DeviceDetail release(@PathParam("id") String id) {
        verbs.release(id(id));
        return get(id);
    }

    @POST
    @Path("/{id}/retire")
    @RolesAllowed("operator")
    @Operation(
            operationId = "retireDevice",
            summary = "End the device's credentials; its id may be enrolled again with a new token")
    public DeviceDetail retire(@PathParam("id") String id) {
        verbs.retire(id(id));
        return get(id);
    }

    private DeviceId requireExisting(String id) {
        DeviceId device = id(id);
        if (!devices.exists(device)) {
            throw Problem.notFound("device", id);
        }
        return device;
    }

    private static DeviceId id(String text) {
        try {
            return new DeviceId(text);
        } catch (IllegalArgumentException noDeviceId) {
            throw Problem.notFound("device", text);
        }
    }

    private DeviceQuery query(ListParameters given) {
        List<FieldViolation> violations = new ArrayList<>();
        String text = given.q == null ? "" : given.q.strip();
        if (text.length() > MAX_TEXT) {
            violations.add(new FieldViolation("q", "must have at most 100 characters", text));
        }
        Set<DeviceState> states = words("state", given.state, DeviceState::valueOf, violations);
        Set<DeviceKind> kinds = words("kind", given.kind, DeviceKind::valueOf, violations);
        Sort sort = sort(given.sort, violations);
        boolean ascending = ascending(given.order, violations);
        int limit = limit(given.limit, violations);
        Optional<Set<DeviceId>> members = members(given.rollout, violations);
        refuse(violations);
        DeviceQuery query = new DeviceQuery(
                text,
                states,
                words("hardware", given.hardware, Function.identity(), violations),
                words("model", given.model, Function.identity(), violations),
                words("version", given.version, Function.identity(), violations),
                kinds,
                members,
                sort,
                ascending,
                limit,
                Optional.empty());
        return given.cursor == null ? query : decode(query, given.cursor);
    }

    private static void refuse(List<FieldViolation> violations) {
        if (!violations.isEmpty()) {
            throw Problem.invalid(violations);
        }
    }

    private static <T> Set<T> words(
            String field, @Nullable String given, Function<String, T> read, List<FieldViolation> violations) {
        if (given == null || given.isEmpty()) {
            return Set.of();
        }
        try {
            return Arrays.stream(given.split(",")).map(read).collect(Collectors.toUnmodifiableSet());
        } catch (IllegalArgumentException e) {
            violations.add(new FieldViolation(field, "has a word that is not known", given));
            return Set.of();
        }
    }

    private static Sort sort(@Nullable String given, List<FieldViolation> violations) {
        if (given == null) {
            return Sort.ID;
        }
        return Arrays.stream(Sort.values())
                .filter(sort -> sort.word().equals(given))
                .findFirst()
                .orElseGet(() -> {
                    violations.add(
                            new FieldViolation("sort", "must be id, state, hardware, p95, energy or lastSeen", given));
                    return Sort.ID;
                });
    }

    private static boolean ascending(@Nullable String given, List<FieldViolation> violations) {
        if (given != null && !given.equals("asc") && !given.equals("desc")) {
            violations.add(new FieldViolation("order", "must be asc or desc", given));
        }
        return !"desc".equals(given);
    }

    private static int limit(@Nullable String given, List<FieldViolation> violations) {
        if (given == null) {
            return DEFAULT_LIMIT;
        }
        if (given.matches("\\d{1,4}")) {
            int limit = Integer.parseInt(given);
            if (limit >= 1 && limit <= DeviceQuery.MAX_LIMIT) {
                return limit;
            }
        }
        violations.add(new FieldViolation("limit", "must be 1 to " + DeviceQuery.MAX_LIMIT, given));
        return DEFAULT_LIMIT;
    }

    private Optional<Set<DeviceId>> members(@Nullable String rollout, List<FieldViolation> violations) {
        if (rollout == null) {
            return Optional.empty();
        }
        try {
            UUID id = UUID.fromString(rollout);
            return Optional.of(rollouts.isResolvable() ? rollouts.get().membersOf(id) : Set.of());
        } catch (IllegalArgumentException e) {
            violations.add(new FieldViolation("rollout", "must be a UUID", rollout));
            return Optional.empty();
        }
    }

    /** A cursor belongs to one order: in another one its place means nothing. */
    private static String encode(DeviceQuery query, Cursor cursor) {
        String text = query.sort().word() + "\n" + query.ascending() + "\n" + cursor.id() + "\n" + cursor.value();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static DeviceQuery decode(DeviceQuery query, String given) {
        try {
            String[] parts = new String(Base64.getUrlDecoder().decode(given), StandardCharsets.UTF_8).split("\n", 4);
            boolean same = parts.length == 4
                    && parts[0].equals(query.sort().word())
                    && parts[1].equals(String.valueOf(query.ascending()));
            if (same) {
                return query.after(new Cursor(parts[3], new DeviceId(parts[2]).value()));
            }
        } catch (IllegalArgumentException notOurs) {
            // Refused below, like a cursor of another order.
        }
        throw Problem.invalid("cursor", "must come from the same list in the same order", given);
    }
}
