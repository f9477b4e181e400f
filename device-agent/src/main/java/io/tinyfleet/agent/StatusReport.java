package io.tinyfleet.agent;

import io.tinyfleet.agent.enrol.Json;
import io.tinyfleet.agent.reconcile.AgentState;
import io.tinyfleet.agent.reconcile.Install;
import io.tinyfleet.agent.reconcile.Installed;
import io.tinyfleet.agent.reconcile.Offer;
import io.tinyfleet.agent.reconcile.SlotState;
import io.tinyfleet.protocol.Digest;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The stored state as one JSON object, for people and scripts on the device. */
final class StatusReport {
    private StatusReport() {}

    static String of(AgentState state) {
        return "{\"desiredSeq\":" + state.desiredSeq()
                + ",\"signedTime\":" + Json.quote(state.signedTime().toString())
                + ",\"penaltyBox\":["
                + state.penaltyBox().stream().map(Digest::hex).map(Json::quote).collect(Collectors.joining(","))
                + "],\"slots\":["
                + state.slots().values().stream().map(StatusReport::slot).collect(Collectors.joining(","))
                + "]}";
    }

    private static String slot(SlotState slot) {
        return "{\"slot\":" + Json.quote(slot.name().value())
                + ",\"active\":" + artifact(slot.active())
                + ",\"previous\":" + artifact(slot.previous())
                + ",\"attempt\":" + attempt(slot.install())
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
                + ",\"confirmed\":" + installed.confirmed() + "}";
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
}
