package io.tinyfleet.server.rollout;

import io.tinyfleet.protocol.DeviceId;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.server.platform.FieldViolation;
import io.tinyfleet.server.platform.Problem;
import io.tinyfleet.server.rollout.engine.RolloutPlan.OnFail;
import io.tinyfleet.server.rollout.engine.RolloutPlan.OnInsufficient;
import io.tinyfleet.server.rollout.engine.Sprt;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a plan must keep to. All broken rules are reported together.
 *
 * <p>Percentages are of all eligible devices and sum to at most 100. A wave with a count takes its devices before the
 * waves behind it, whatever they ask for; no wave takes more than is left. So {@code [count 5, percent 100]} is five
 * devices and then the rest.
 */
final class PlanRules {
    static final int MAX_WAVES = 20;
    /** The first wave is the canary: few at a time, whatever its size. */
    static final int MAX_FIRST_IN_FLIGHT = 10;

    static final int MAX_IN_FLIGHT = 10_000;
    static final int MAX_DEVICES = 10_000;
    private static final int WEEK_SECONDS = 7 * 24 * 3600;
    private static final int MONTH_SECONDS = 30 * 24 * 3600;
    /** Presence and reports trail by a heartbeat and a ping, so the server waits longer than the device. */
    private static final int PROBATION_GRACE_SECONDS = 300;

    private final List<FieldViolation> broken = new ArrayList<>();

    private PlanRules() {}

    /** What the request means; throws one problem with all broken rules. */
    static Checked check(RolloutRequest request) {
        PlanRules rules = new PlanRules();
        Optional<ReleaseId> release = rules.parsed("releaseId", request.releaseId(), ReleaseId::parse);
        Optional<SlotName> slot = rules.parsed("slot", request.slot(), SlotName::new);
        PlannedRollout.Filter filter = rules.filter(request.filter());
        List<PlannedRollout.Wave> waves = rules.waves(request.waves());
        PlannedRollout.Probation probation = rules.probation(request.probation());
        PlannedRollout.Deadlines deadlines = rules.deadlines(request.phaseDeadlines(), probation);
        PlannedRollout.Install install = rules.install(request.gates());
        Optional<String> name = Optional.ofNullable(request.name()).map(String::strip);
        rules.require(
                name.map(text -> !text.isEmpty() && text.length() <= 100).orElse(true),
                "name",
                "must have 1 to 100 characters",
                request.name());
        int insufficient = rules.number(
                "insufficientAfterSeconds", request.insufficientAfterSeconds(), 4 * 3600, new Range(1, MONTH_SECONDS));
        int window = rules.number("windowSeconds", request.windowSeconds(), 0, new Range(0, 3600));
        if (!rules.broken.isEmpty()) {
            throw Problem.invalid(rules.broken);
        }
        PlannedRollout plan = new PlannedRollout(
                slot.orElseThrow().value(),
                filter,
                waves,
                probation,
                deadlines,
                install,
                request.onFail() == null ? OnFail.ROLL_BACK : request.onFail(),
                request.onInsufficient() == null ? OnInsufficient.PAUSE : request.onInsufficient(),
                insufficient,
                window);
        return new Checked(name, release.orElseThrow(), plan);
    }

    record Checked(Optional<String> name, ReleaseId release, PlannedRollout plan) {}

    private record Range(int least, int most) {
        boolean holds(int value) {
            return value >= least && value <= most;
        }

        String rule() {
            return "must be " + least + ".." + most;
        }
    }

    // ---- parts

    private PlannedRollout.Filter filter(RolloutRequest.@Nullable Filter filter) {
        List<String> devices = filter == null ? List.of() : strings("filter.devices", filter.devices());
        List<String> hardware = filter == null ? List.of() : strings("filter.hardware", filter.hardware());
        for (int k = 0; k < devices.size(); k++) {
            parsed("filter.devices[" + k + "]", devices.get(k), DeviceId::new);
        }
        return new PlannedRollout.Filter(devices, hardware);
    }

    private List<String> strings(String field, @Nullable List<@Nullable String> values) {
        if (values == null) {
            return List.of();
        }
        List<String> present = new ArrayList<>();
        for (String value : values) {
            if (value == null || value.isBlank()) {
                violate(field, "must not hold empty values", value);
            } else {
                present.add(value);
            }
        }
        require(values.size() <= MAX_DEVICES, field, "must hold at most " + MAX_DEVICES + " values", values.size());
        return present.stream().distinct().toList();
    }

    private List<PlannedRollout.Wave> waves(@Nullable List<RolloutRequest.@Nullable Wave> asked) {
        List<PlannedRollout.Wave> waves = new ArrayList<>();
        if (asked == null || asked.isEmpty() || asked.size() > MAX_WAVES) {
            violate("waves", "must hold 1 to " + MAX_WAVES + " waves", asked == null ? null : asked.size());
            return waves;
        }
        int percent = 0;
        for (int index = 0; index < asked.size(); index++) {
            RolloutRequest.Wave wave = asked.get(index);
            String field = "waves[" + index + "]";
            if (wave == null) {
                violate(field, "must be a wave", null);
                continue;
            }
            percent += wave.percent() == null ? 0 : Math.max(0, Math.min(wave.percent(), 1000));
            waves.add(wave(field, index, wave));
        }
        require(
                percent <= 100,
                "waves",
                "must not ask for more than 100 percent of the devices together",
                percent + " percent");
        return waves;
    }

    private PlannedRollout.Wave wave(String field, int index, RolloutRequest.Wave wave) {
        if ((wave.percent() == null) == (wave.count() == null)) {
            violate(field, "must have either percent or count", null);
        }
        if (wave.percent() != null) {
            number(field + ".percent", wave.percent(), 1, new Range(1, 100));
        }
        if (wave.count() != null) {
            number(field + ".count", wave.count(), 1, new Range(1, 1_000_000));
        }
        if (wave.minDevices() != null) {
            number(field + ".minDevices", wave.minDevices(), 1, new Range(1, 1_000_000));
        }
        int most = index == 0 ? MAX_FIRST_IN_FLIGHT : MAX_IN_FLIGHT;
        int maxInFlight = required(field + ".maxInFlight", wave.maxInFlight(), new Range(1, most));
        int soak = required(field + ".soakSeconds", wave.soakSeconds(), new Range(0, WEEK_SECONDS));
        String name = wave.name() == null || wave.name().isBlank()
                ? usualName(index)
                : wave.name().strip();
        require(name.length() <= 60, field + ".name", "must have at most 60 characters", name);
        return new PlannedRollout.Wave(
                name,
                Optional.ofNullable(wave.percent()),
                Optional.ofNullable(wave.count()),
                maxInFlight,
                soak,
                Optional.ofNullable(wave.minDevices()));
    }

    private static String usualName(int index) {
        return index == 0 ? "Canary" : "Wave " + (index + 1);
    }

    private PlannedRollout.Probation probation(RolloutRequest.@Nullable Probation asked) {
        if (asked == null) {
            violate("probation", "must say when a device may call itself healthy", null);
            return new PlannedRollout.Probation(0, 0, 0);
        }
        int running = required("probation.runningSeconds", asked.runningSeconds(), new Range(0, WEEK_SECONDS));
        int deadline = required("probation.deadlineSeconds", asked.deadlineSeconds(), new Range(1, MONTH_SECONDS));
        long inferences = asked.minInferences() == null ? -1 : asked.minInferences();
        require(inferences >= 0, "probation.minInferences", "must be 0 or more", asked.minInferences());
        require(deadline >= running, "probation.deadlineSeconds", "must not end before runningSeconds", deadline);
        return new PlannedRollout.Probation(running, Math.max(0, inferences), deadline);
    }

    private PlannedRollout.Deadlines deadlines(
            RolloutRequest.@Nullable PhaseDeadlines asked, PlannedRollout.Probation probation) {
        RolloutRequest.PhaseDeadlines given =
                asked == null ? new RolloutRequest.PhaseDeadlines(null, null, null, null, null) : asked;
        Range seconds = new Range(1, MONTH_SECONDS);
        int usualProbation = Math.min(probation.deadlineSeconds() + PROBATION_GRACE_SECONDS, MONTH_SECONDS);
        int inProbation = number("phaseDeadlines.probationSeconds", given.probationSeconds(), usualProbation, seconds);
        require(
                inProbation >= probation.deadlineSeconds(),
                "phaseDeadlines.probationSeconds",
                "must not be shorter than probation.deadlineSeconds",
                inProbation);
        return new PlannedRollout.Deadlines(
                number("phaseDeadlines.offerSeconds", given.offerSeconds(), 120, seconds),
                number("phaseDeadlines.downloadSeconds", given.downloadSeconds(), 3600, seconds),
                number("phaseDeadlines.trialSeconds", given.trialSeconds(), 600, seconds),
                inProbation,
                number("phaseDeadlines.outerHours", given.outerHours(), 72, new Range(1, 30 * 24)));
    }

    private PlannedRollout.Install install(RolloutRequest.@Nullable Gates gates) {
        RolloutRequest.Install asked = gates == null ? null : gates.install();
        double p0 = asked == null || asked.p0() == null ? Sprt.DEFAULT.p0() : asked.p0();
        double p1 = asked == null || asked.p1() == null ? Sprt.DEFAULT.p1() : asked.p1();
        double alpha = asked == null || asked.alpha() == null ? Sprt.DEFAULT.alpha() : asked.alpha();
        // A test that needs thousands of devices to pass, or none, is a mistake.
        require(p0 >= 0.0001 && p0 <= 0.5, "gates.install.p0", "must be 0.0001..0.5", p0);
        require(p1 > p0 && p1 <= 0.9, "gates.install.p1", "must be over p0 and at most 0.9", p1);
        require(alpha >= 0.0001 && alpha <= 0.2, "gates.install.alpha", "must be 0.0001..0.2", alpha);
        return new PlannedRollout.Install(p0, p1, alpha);
    }

    // ---- rules

    private void violate(String field, String rule, @Nullable Object value) {
        broken.add(new FieldViolation(field, rule, value == null ? null : value.toString()));
    }

    private void require(boolean kept, String field, String rule, @Nullable Object value) {
        if (!kept) {
            violate(field, rule, value);
        }
    }

    private int number(String field, @Nullable Integer value, int usual, Range range) {
        int number = value == null ? usual : value;
        require(range.holds(number), field, range.rule(), number);
        return number;
    }

    private int required(String field, @Nullable Integer value, Range range) {
        if (value == null) {
            violate(field, "must be given; " + range.rule(), null);
            return range.least();
        }
        return number(field, value, range.least(), range);
    }

    private <T> Optional<T> parsed(String field, @Nullable String text, Function<String, T> parser) {
        if (text == null || text.isBlank()) {
            violate(field, "must be given", text);
            return Optional.empty();
        }
        try {
            return Optional.of(parser.apply(text));
        } catch (IllegalArgumentException malformed) {
            violate(field, "is malformed: " + malformed.getMessage(), text);
            return Optional.empty();
        }
    }
}
