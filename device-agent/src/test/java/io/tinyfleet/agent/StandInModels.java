package io.tinyfleet.agent;

import io.tinyfleet.agent.reconcile.Action;
import io.tinyfleet.agent.reconcile.Event;
import io.tinyfleet.agent.reconcile.Installed;
import io.tinyfleet.agent.reconcile.Served;
import io.tinyfleet.agent.reconcile.TrialOutcome;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Runtime;
import io.tinyfleet.protocol.v1.Variant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Workers that start at once and answer ten times a second; some artifacts fail their trial. */
final class StandInModels implements Models {
    final Set<Digest> failing = new HashSet<>();
    final Map<SlotName, Digest> running = new TreeMap<>();
    final List<Digest> started = new ArrayList<>();
    private final Map<Digest, Duration> countedAt = new TreeMap<>();
    private final Consumer<Event> answers;

    StandInModels(Consumer<Event> answers) {
        this.answers = answers;
    }

    @Override
    public void trial(Action.RunTrial action) {
        TrialOutcome outcome = failing.contains(action.candidate().artifact())
                ? new TrialOutcome.Failed("self-test-failed", "the answer was off", true)
                : new TrialOutcome.Passed(1, 1, 1);
        answers.accept(new Event.TrialEnded(action.slot(), action.attempt(), outcome));
    }

    @Override
    public void start(Action.StartModel action) {
        Digest artifact = action.artifact().artifact();
        running.put(action.slot(), artifact);
        started.add(artifact);
        answers.accept(new Event.ModelStarted(action.slot(), artifact));
    }

    @Override
    public void stop(SlotName slot) {
        running.remove(slot);
    }

    @Override
    public void startShadow(Action.StartShadow action) {
        answers.accept(new Event.ShadowStarted(action.slot(), action.attempt()));
    }

    @Override
    public void stopShadow(SlotName slot) {}

    @Override
    public Optional<String> findNoRoomBeside(SlotName slot, Installed artifact) {
        return Optional.empty();
    }

    @Override
    public void phase(SlotName slot, Phase phase) {}

    @Override
    public void window(SlotName slot, Duration interval) {}

    @Override
    public Optional<String> findMisfit(SlotName slot, Variant variant) {
        return Optional.empty();
    }

    @Override
    public long ramBytes(SlotName slot) {
        return 0;
    }

    @Override
    public List<Event> served(Duration uptime) {
        List<Event> served = new ArrayList<>();
        running.forEach((slot, artifact) -> {
            Duration before = countedAt.put(artifact, uptime);
            if (before != null) {
                long millis = uptime.minus(before).toMillis();
                served.add(new Event.ModelServed(slot, artifact, new Served(millis, millis / 100), null));
            }
        });
        return served;
    }

    @Override
    public List<Runtime> runtimes() {
        return List.of(
                Runtime.newBuilder().setName("onnxruntime").setVersion("1.23.2").build());
    }

    @Override
    public void close() {
        running.clear();
    }
}
