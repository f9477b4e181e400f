package io.tinyfleet.server.rollout;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.registry.variant.Candidate;
import io.tinyfleet.registry.variant.Choice;
import io.tinyfleet.registry.variant.Measurements;
import io.tinyfleet.registry.variant.VariantChooser;
import io.tinyfleet.server.device.DeviceDirectory;
import io.tinyfleet.server.device.DeviceFilter;
import io.tinyfleet.server.device.DeviceSnapshot;
import io.tinyfleet.server.model.ReleaseDirectory;
import io.tinyfleet.server.model.ReleaseView;
import io.tinyfleet.server.platform.Problem;
import io.tinyfleet.server.rollout.VariantPreview.Group;
import io.tinyfleet.server.rollout.VariantPreview.VariantRejection;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.transaction.Transactional;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Says for each device of a filter which variant of a release it would get, and why the others cannot run there. */
@ApplicationScoped
class PreviewVariants {
    static final int MAX_FILTER_VALUES = 10_000;
    static final int MAX_GROUPS = 200;
    static final int MAX_EXAMPLES = 5;

    private final ReleaseDirectory releases;
    private final DeviceDirectory devices;

    PreviewVariants(ReleaseDirectory releases, DeviceDirectory devices) {
        this.releases = releases;
        this.devices = devices;
    }

    /** What makes devices one group. */
    private record Answer(String hardware, @Nullable String variant, String why, List<VariantRejection> rejections) {}

    @Transactional
    VariantPreview preview(ReleaseId id, RolloutRequest.@Nullable Filter filter) {
        ReleaseView release = releases.getRelease(id);
        List<DeviceSnapshot> matching = devices.listAll(filter(filter));
        Map<Answer, List<DeviceId>> groups = new LinkedHashMap<>();
        int unknown = 0;
        int served = 0;
        for (DeviceSnapshot device : matching) {
            if (device.facts().getRuntimesCount() == 0 && device.lastSeen().isEmpty()) {
                unknown++;
                continue;
            }
            Answer answer = answer(release, device);
            served += answer.variant() == null ? 0 : 1;
            groups.computeIfAbsent(answer, a -> new ArrayList<>()).add(device.id());
        }
        List<Group> told = groups.entrySet().stream()
                .sorted(Comparator.comparing((Map.Entry<Answer, List<DeviceId>> group) ->
                                group.getValue().size())
                        .reversed()
                        .thenComparing(group -> group.getKey().hardware()))
                .limit(MAX_GROUPS)
                .map(group -> group(group.getKey(), group.getValue()))
                .toList();
        return new VariantPreview(matching.size(), served, matching.size() - served - unknown, unknown, told);
    }

    private static Group group(Answer answer, List<DeviceId> ids) {
        return new Group(
                answer.hardware(),
                ids.size(),
                answer.variant(),
                answer.why(),
                answer.rejections(),
                ids.stream().limit(MAX_EXAMPLES).map(DeviceId::value).toList());
    }

    private static Answer answer(ReleaseView release, DeviceSnapshot device) {
        Choice choice = VariantChooser.choose(
                release.manifest(),
                new Candidate(device.facts(), Candidate.of(device.facts()).freeRamBytes(), Set.of()),
                Measurements.none());
        List<VariantRejection> rejections = choice.rejections().stream()
                .map(rejection -> new VariantRejection(
                        rejection.variant(),
                        rejection.rule().name().toLowerCase(Locale.ROOT).replace('_', '-'),
                        rejection.sentence()))
                .toList();
        if (choice instanceof Choice.Chosen chosen) {
            return new Answer(device.hardwareClass(), chosen.variant().getName(), chosen.why(), rejections);
        }
        return new Answer(device.hardwareClass(), null, "no variant fits", rejections);
    }

    private static DeviceFilter filter(RolloutRequest.@Nullable Filter filter) {
        if (filter == null) {
            return DeviceFilter.ALL;
        }
        Set<DeviceId> ids = values("filter.devices", filter.devices()).stream()
                .map(PreviewVariants::deviceId)
                .collect(Collectors.toUnmodifiableSet());
        return new DeviceFilter(ids, values("filter.hardware", filter.hardware()));
    }

    private static DeviceId deviceId(String text) {
        try {
            return new DeviceId(text);
        } catch (IllegalArgumentException e) {
            throw Problem.invalid("filter.devices", "must hold ids of devices", text);
        }
    }

    private static Set<String> values(String field, @Nullable List<@Nullable String> values) {
        if (values == null) {
            return Set.of();
        }
        if (values.size() > MAX_FILTER_VALUES) {
            throw Problem.invalid(field, "must hold at most " + MAX_FILTER_VALUES, values.size());
        }
        Set<String> present = new HashSet<>();
        for (String value : values) {
            if (value == null || value.isBlank()) {
                throw Problem.invalid(field, "must hold no empty value", value);
            }
            present.add(value);
        }
        return present;
    }
}
