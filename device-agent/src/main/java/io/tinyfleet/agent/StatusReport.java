package io.tinyfleet.agent;

import io.tinyfleet.agent.enrol.Json;
import io.tinyfleet.agent.reconcile.AgentState;
import io.tinyfleet.agent.reconcile.Factory;
import io.tinyfleet.agent.reconcile.Install;
import io.tinyfleet.agent.reconcile.Installed;
import io.tinyfleet.agent.reconcile.Offer;
import io.tinyfleet.agent.reconcile.SlotState;
import io.tinyfleet.protocol.Digest;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A status as one JSON object for scripts, or as lines for people. */
final class StatusReport {
    private static final long MEGABYTE = 1_000_000;

    private StatusReport() {}

    // ---- for scripts

    static String json(LiveStatus status) {
        AgentState state = status.state();
        LiveStatus.LinkStatus link = status.link();
        return "{\"running\":" + status.process().isRunning()
                + ",\"pid\":" + status.process().pid()
                + ",\"version\":" + Json.quote(status.process().version())
                + ",\"uptimeSeconds\":" + status.process().uptime().toSeconds()
                + ",\"device\":{\"id\":" + Json.quote(status.device().id())
                + ",\"kind\":" + Json.quote(status.device().kind())
                + ",\"hardwareClass\":" + Json.quote(status.device().hardwareClass())
                + "},\"link\":{\"url\":" + Json.quote(link.url())
                + ",\"connected\":" + link.connected()
                + ",\"connection\":" + link.connection()
                + ",\"since\":" + time(link.since())
                + ",\"lastError\":" + Json.quote(link.lastError())
                + "},\"waiting\":" + status.waiting()
                + ",\"clockSynchronised\":" + status.clockSynchronised()
                + ",\"diskFreeBytes\":" + status.diskFreeBytes()
                + ",\"desiredSeq\":" + state.desiredSeq()
                + ",\"signedTime\":" + Json.quote(state.latestSignedTime().toString())
                + ",\"penaltyBox\":["
                + state.penaltyBox().stream().map(Digest::hex).map(Json::quote).collect(Collectors.joining(","))
                + "],\"sources\":{"
                + status.sources().entrySet().stream()
                        .map(source -> Json.quote(source.getKey()) + ":" + Json.quote(source.getValue()))
                        .collect(Collectors.joining(","))
                + "},\"slots\":["
                + state.slots().values().stream()
                        .map(slot -> slot(slot, state.findShadow(slot.name())))
                        .collect(Collectors.joining(","))
                + "],\"factories\":{"
                + state.equipment().factories().entrySet().stream()
                        .map(factory -> Json.quote(factory.getKey().value()) + ":" + factory(factory.getValue()))
                        .collect(Collectors.joining(","))
                + "}}";
    }

    private static String factory(Factory factory) {
        if (factory instanceof Factory.Ready ready) {
            return artifact(ready.model());
        }
        Factory.Unusable unusable = (Factory.Unusable) factory;
        return "{\"code\":" + Json.quote(unusable.code()) + ",\"reason\":" + Json.quote(unusable.sentence()) + "}";
    }

    private static String time(Instant instant) {
        return instant.equals(Instant.EPOCH) ? "null" : Json.quote(instant.toString());
    }

    private static String slot(SlotState slot, Optional<SlotState> shadow) {
        return "{\"slot\":" + Json.quote(slot.name().value())
                + ",\"active\":" + artifact(slot.active())
                + ",\"previous\":" + artifact(slot.previous())
                + ",\"attempt\":" + attempt(slot.install())
                + ",\"shadow\":"
                + shadow.map(beside -> attempt(beside.install())).orElse("null")
                + ",\"startsSinceMinute\":" + slot.starts().sinceMinute() + "}";
    }

    private static String artifact(@Nullable Installed installed) {
        if (installed == null) {
            return "null";
        }
        return "{\"sha256\":" + Json.quote(installed.artifact().hex())
                + ",\"releaseId\":" + Json.quote(installed.release().toString())
                + ",\"model\":" + Json.quote(installed.model())
                + ",\"version\":" + Json.quote(installed.version())
                + ",\"confirmed\":" + installed.confirmed()
                + ",\"factory\":" + installed.isFactory() + "}";
    }

    private static String attempt(Install install) {
        Offer offer = install.offer();
        if (offer == null) {
            return "null";
        }
        return "{\"attemptId\":" + Json.quote(offer.attempt().toString())
                + ",\"artifact\":" + Json.quote(offer.artifact().hex())
                + ",\"phase\":" + Json.quote(install.phase().name())
                + ",\"reason\":" + Json.quote(install.reason())
                + ",\"detail\":" + Json.quote(install.detail())
                + ",\"bytesDone\":" + install.counters().bytesDone()
                + ",\"bytesTotal\":" + install.counters().bytesTotal()
                + ",\"chunksWritten\":" + install.counters().chunksWritten()
                + ",\"chunksRepeated\":" + install.counters().chunksRepeated()
                + ",\"chunksRefused\":" + install.counters().chunksRefused()
                + ",\"probationSeconds\":" + install.served().seconds()
                + ",\"probationInferences\":" + install.served().inferences() + "}";
    }

    // ---- for people

    static String text(LiveStatus status) {
        StringBuilder text = new StringBuilder();
        LiveStatus.Device device = status.device();
        line(text, "device", device.id() + " (" + device.kind() + ", " + device.hardwareClass() + ")");
        LiveStatus.Running process = status.process();
        line(
                text,
                "agent",
                process.isRunning()
                        ? process.version() + ", process " + process.pid() + ", up " + span(process.uptime())
                        : "NOT RUNNING; what follows is what the disk holds");
        link(text, status);
        line(
                text,
                "clock",
                (status.clockSynchronised() ? "synchronised" : "not synchronised") + ", latest signed time "
                        + status.state().latestSignedTime());
        line(text, "disk", status.diskFreeBytes() / MEGABYTE + " MB free");
        line(text, "desired", "document " + status.state().desiredSeq());
        status.state().slots().values().forEach(slot -> slot(text, slot, status));
        status.sources().forEach((name, source) -> {
            if (status.state().slots().keySet().stream()
                    .noneMatch(slot -> slot.value().equals(name))) {
                line(text, "slot " + name, "source " + source + "; nothing was ever wanted here");
            }
        });
        status.state().equipment().factories().forEach((name, factory) -> {
            if (status.state().findSlot(name).isEmpty()) {
                line(text, "slot " + name, "runs nothing");
                factory(text, factory);
            }
        });
        status.state()
                .penaltyBox()
                .forEach(artifact -> line(text, "  refused", artifact.shortHex() + " until retried"));
        return text.toString();
    }

    private static void link(StringBuilder text, LiveStatus status) {
        LiveStatus.LinkStatus link = status.link();
        if (link.url().isEmpty()) {
            line(text, "link", "NOT ENROLLED: models of this device's image alone; what is kept for a server waits");
            return;
        }
        String encrypted = link.url().startsWith("ssl:") ? "TLS, " : "NOT ENCRYPTED, ";
        String when = link.since().equals(Instant.EPOCH) ? "" : " since " + link.since();
        if (status.process().isRunning()) {
            line(
                    text,
                    "link",
                    encrypted + (link.connected() ? "connected to " : "NOT CONNECTED to ") + link.url() + when);
            line(text, "waiting", status.waiting() + " messages for the server");
        } else {
            line(text, "link", encrypted + link.url());
        }
        if (!link.lastError().isEmpty()) {
            line(text, "  last error", link.lastError());
        }
    }

    private static void slot(StringBuilder text, SlotState slot, LiveStatus status) {
        String source = status.sources().get(slot.name().value());
        line(
                text,
                "slot " + slot.name().value(),
                source == null ? "NO SOURCE: agent.properties has no slot of this name" : "source " + source);
        line(text, "  active", model(slot.active()));
        if (slot.previous() != null) {
            line(text, "  previous", model(slot.previous()));
        }
        factory(text, status.state().equipment().factories().get(slot.name()));
        Install install = slot.install();
        if (install.offer() != null) {
            String progress = install.counters().bytesTotal() > 0
                    ? ", " + install.counters().bytesDone() + " of "
                            + install.counters().bytesTotal() + " bytes"
                    : "";
            String served = install.served().seconds() > 0
                    ? ", on probation for "
                            + span(Duration.ofSeconds(install.served().seconds())) + " and "
                            + install.served().inferences() + " inferences"
                    : "";
            String why = install.reason().isEmpty() ? "" : ": " + install.reason() + ", " + install.detail();
            line(text, "  attempt", install.phase().name() + progress + served + why);
        }
        status.state().findShadow(slot.name()).ifPresent(shadow -> shadow(text, shadow.install()));
    }

    private static void shadow(StringBuilder text, Install install) {
        String seen = install.served().seconds() > 0
                ? ", " + install.served().inferences() + " inputs compared in "
                        + span(Duration.ofSeconds(install.served().seconds()))
                : "";
        String why = install.reason().isEmpty() ? "" : ": " + install.reason() + ", " + install.detail();
        line(text, "  shadow", install.phase().name() + seen + why);
    }

    private static void factory(StringBuilder text, @Nullable Factory factory) {
        if (factory instanceof Factory.Ready ready) {
            line(text, "  factory", model(ready.model()));
        } else if (factory instanceof Factory.Unusable unusable) {
            line(text, "  factory", "UNUSABLE: " + unusable.code() + ", " + unusable.sentence());
        }
    }

    private static String model(@Nullable Installed installed) {
        return installed == null
                ? "nothing"
                : installed.model() + " " + installed.version() + " ("
                        + installed.artifact().shortHex() + ", "
                        + (installed.isFactory()
                                ? "of this device's image"
                                : installed.confirmed() ? "confirmed" : "on trial")
                        + ")";
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(String.format(Locale.ROOT, "%-14s%s%n", name, value));
    }

    static String span(Duration time) {
        if (time.toMinutes() < 2) {
            return time.toSeconds() + " s";
        }
        return time.toHours() < 2
                ? time.toMinutes() + " min"
                : time.toHours() < 48 ? time.toHours() + " h" : time.toDays() + " days";
    }
}
