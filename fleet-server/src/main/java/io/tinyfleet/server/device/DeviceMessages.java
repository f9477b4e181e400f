package io.tinyfleet.server.device;

import io.tinyfleet.protocol.AttemptId;
import io.tinyfleet.protocol.Digest;
import io.tinyfleet.protocol.Limits;
import io.tinyfleet.protocol.Messages;
import io.tinyfleet.protocol.OutLeaf;
import io.tinyfleet.protocol.ReleaseId;
import io.tinyfleet.protocol.SlotName;
import io.tinyfleet.protocol.UnreadableMessageException;
import io.tinyfleet.protocol.v1.Attempt;
import io.tinyfleet.protocol.v1.DeviceEvent;
import io.tinyfleet.protocol.v1.EncodingKind;
import io.tinyfleet.protocol.v1.Envelope;
import io.tinyfleet.protocol.v1.InstalledArtifact;
import io.tinyfleet.protocol.v1.Phase;
import io.tinyfleet.protocol.v1.Presence;
import io.tinyfleet.protocol.v1.PresenceKind;
import io.tinyfleet.protocol.v1.Reported;
import io.tinyfleet.protocol.v1.ReportedInput;
import io.tinyfleet.protocol.v1.ReportedSlot;
import io.tinyfleet.protocol.v1.Skipped;
import io.tinyfleet.protocol.v1.StateMessage;
import io.tinyfleet.protocol.v1.Stream;
import io.tinyfleet.server.mqtt.InboundMessage;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads what devices send: bytes become values that keep the protocol's rules, or a refusal with its reason. */
final class DeviceMessages {
    private static final int MAX_TEXT_CHARACTERS = 2000;
    private static final int MAX_CODE_CHARACTERS = 64;
    /** One notice may give up this many numbers; a device that lost more has lost its counter. */
    private static final long MAX_SKIPPED = 100_000_000;

    /** Ten years: no input is as it is for longer. */
    private static final long MAX_INPUT_MILLIS = 315_360_000_000L;

    private DeviceMessages() {}

    /** A message that breaks the protocol; {@code code} is a stable word. */
    static final class Refusal extends Exception {
        private static final long serialVersionUID = 1L;

        Refusal(String code, String sentence) {
            super(code + ": " + sentence);
        }
    }

    /** The outer layer: all that is needed to mark a message, whatever is inside. */
    sealed interface Outer permits Heard, Numbered {}

    record Heard(Presence presence) implements Outer {}

    record Numbered(Envelope envelope) implements Outer {}

    static Outer outer(InboundMessage message) throws Refusal {
        try {
            if (message.leaf() != OutLeaf.STATE) {
                return numbered(Messages.read(Envelope.parser(), message.payload()), message.leaf());
            }
            StateMessage state = Messages.read(StateMessage.parser(), message.payload());
            return switch (state.getKindCase()) {
                case PRESENCE -> new Heard(checked(state.getPresence()));
                case REPORTED -> numbered(state.getReported(), message.leaf());
                case KIND_NOT_SET -> throw new Refusal("empty-message", "neither presence nor reported state");
            };
        } catch (UnreadableMessageException e) {
            throw new Refusal(e.code(), String.valueOf(e.getMessage()));
        }
    }

    private static Presence checked(Presence presence) throws Refusal {
        if (presence.getKind() == PresenceKind.PRESENCE_KIND_UNSPECIFIED
                || presence.getKind() == PresenceKind.UNRECOGNIZED) {
            throw new Refusal("unknown-presence", "kind " + presence.getKindValue());
        }
        requirePositive("boot counter", presence.getBootCounter());
        if (presence.getConnection() < 0 || presence.getDesiredSeq() < 0 || presence.getRootVersion() < 0) {
            throw new Refusal(
                    "number-out-of-range", "connection, desired sequence and root version must fit in 63 bits");
        }
        return presence;
    }

    private static Numbered numbered(Envelope envelope, OutLeaf leaf) throws Refusal {
        Stream expected = switch (leaf) {
            case STATE -> Stream.STATE;
            case EVENT -> Stream.EVENT;
            case TELEMETRY -> Stream.TELEMETRY;
            case NEED -> throw new IllegalArgumentException("requests have no envelope");
        };
        if (envelope.getStream() != expected) {
            throw new Refusal("wrong-stream", envelope.getStreamValue() + " on the topic of " + expected);
        }
        requirePositive("boot counter", envelope.getBootCounter());
        if (envelope.getContentCase() == Envelope.ContentCase.SKIPPED) {
            Skipped skipped = envelope.getSkipped();
            requirePositive("first skipped number", skipped.getFirst());
            if (skipped.getLast() < skipped.getFirst() || skipped.getLast() - skipped.getFirst() >= MAX_SKIPPED) {
                throw new Refusal(
                        "bad-skipped-range", skipped.getFirst() + ".." + skipped.getLast() + " is no range to skip");
            }
        } else {
            requirePositive("number", envelope.getSeq());
        }
        return new Numbered(envelope);
    }

    private static void requirePositive(String what, long value) throws Refusal {
        if (value < 1) {
            throw new Refusal("number-out-of-range", what + " must be from 1 to 2^63-1");
        }
    }

    static DeviceEvent event(byte[] body) throws Refusal {
        DeviceEvent event = body(DeviceEvent.parser(), body);
        if (!event.getCode().matches("[a-z0-9]+(-[a-z0-9]+)*")
                || event.getCode().length() > MAX_CODE_CHARACTERS) {
            throw new Refusal("bad-event", "a code is lower-case words with hyphens, at most 64 characters");
        }
        requireText("detail", event.getDetail());
        try {
            if (!event.getSlot().isEmpty()) {
                new SlotName(event.getSlot());
            }
            if (!event.getAttemptId().isEmpty()) {
                AttemptId.fromBytes(event.getAttemptId());
            }
            if (!event.getArtifactSha256().isEmpty()) {
                Digest.fromBytes(event.getArtifactSha256());
            }
        } catch (IllegalArgumentException e) {
            throw new Refusal("bad-event", String.valueOf(e.getMessage()));
        }
        return event;
    }

    /** The slots of a reported state; figures are left as they were. */
    static Map<SlotName, SlotRow> slots(Reported reported, Map<SlotName, SlotRow> known, Instant now) throws Refusal {
        if (reported.getDesiredSeq() < 0) {
            throw new Refusal("number-out-of-range", "the desired sequence must fit in 63 bits");
        }
        if (reported.getSlotsCount() > Limits.MAX_SLOTS) {
            throw new Refusal("too-many-slots", reported.getSlotsCount() + " slots, at most " + Limits.MAX_SLOTS);
        }
        Map<SlotName, SlotRow> slots = new TreeMap<>();
        for (ReportedSlot given : reported.getSlotsList()) {
            try {
                SlotName name = new SlotName(given.getSlot());
                SlotRow before = known.getOrDefault(name, SlotRow.empty(name));
                SlotRow slot = new SlotRow(
                        name,
                        given.hasActive() ? artifact(given.getActive()) : null,
                        given.hasPrevious() ? artifact(given.getPrevious()) : null,
                        given.hasAttempt() ? attempt(given.getAttempt(), before.attempt(), now) : null,
                        given.hasInput() ? input(given.getInput(), before.input(), reportedAt(reported, now)) : null,
                        given.hasShadow() ? shadow(given.getShadow(), before.shadow(), now) : null,
                        before.figures());
                if (slots.put(name, slot) != null) {
                    throw new Refusal("bad-report", "slot " + name + " is there twice");
                }
            } catch (IllegalArgumentException e) {
                throw new Refusal("bad-report", String.valueOf(e.getMessage()));
            }
        }
        return slots;
    }

    /** By the device's own clock, if that is right: a report may have waited for a connection. */
    private static Instant reportedAt(Reported reported, Instant now) {
        Instant wall = Instant.ofEpochMilli(reported.getWallTimeMillis());
        return reported.getClockSynchronised() && wall.isBefore(now) ? wall : now;
    }

    /** {@code since} stays what it was while the state does. */
    private static InputSnapshot input(ReportedInput given, @Nullable InputSnapshot before, Instant reportedAt)
            throws Refusal {
        InputSnapshot.State state = switch (given.getState()) {
            case INPUT_FLOWING -> InputSnapshot.State.FLOWING;
            case INPUT_STALLED -> InputSnapshot.State.STALLED;
            case INPUT_DEAD -> InputSnapshot.State.DEAD;
            case INPUT_FLOODING -> InputSnapshot.State.FLOODING;
            case INPUT_STATE_UNSPECIFIED, UNRECOGNIZED ->
                throw new Refusal("bad-report", "input state " + given.getStateValue() + " is not known");
        };
        requireText("input's reason", given.getReason());
        if (before != null && before.state() == state) {
            return new InputSnapshot(state, given.getReason(), before.since());
        }
        long millis = Math.min(counter(given.getForMillis()), MAX_INPUT_MILLIS);
        return new InputSnapshot(state, given.getReason(), reportedAt.minusMillis(millis));
    }

    /** What the device says of itself; null when it is well. */
    static DeviceRow.@Nullable Trouble trouble(Reported reported) throws Refusal {
        if (!reported.hasTrouble()) {
            return null;
        }
        String code = reported.getTrouble().getCode();
        if (!code.matches("[a-z0-9]+(-[a-z0-9]+)*") || code.length() > MAX_CODE_CHARACTERS) {
            throw new Refusal("bad-report", "a trouble's code is lower-case words with hyphens, at most 64 characters");
        }
        requireText("trouble", reported.getTrouble().getSentence());
        return new DeviceRow.Trouble(code, reported.getTrouble().getSentence());
    }

    static Reported reported(byte[] body) throws Refusal {
        return body(Reported.parser(), body);
    }

    static <T extends com.google.protobuf.MessageLite> T body(com.google.protobuf.Parser<T> parser, byte[] body)
            throws Refusal {
        try {
            return Messages.read(parser, body);
        } catch (UnreadableMessageException e) {
            throw new Refusal(e.code(), String.valueOf(e.getMessage()));
        }
    }

    private static InstalledArtifactView artifact(InstalledArtifact given) throws Refusal {
        requireText("model", given.getModel());
        requireText("version", given.getVersion());
        return new InstalledArtifactView(
                Digest.fromBytes(given.getSha256()),
                ReleaseId.fromBytes(given.getReleaseId()),
                given.getModel(),
                given.getVersion(),
                given.getFactory());
    }

    private static AttemptSnapshot attempt(Attempt given, @Nullable AttemptSnapshot before, Instant now)
            throws Refusal {
        if (given.getPhase() == Phase.PHASE_UNSPECIFIED || given.getPhase() == Phase.UNRECOGNIZED) {
            throw new Refusal("bad-report", "phase " + given.getPhaseValue() + " is not known");
        }
        requireText("reason", given.getReason());
        requireText("detail", given.getDetail());
        AttemptSnapshot attempt = new AttemptSnapshot(
                AttemptId.fromBytes(given.getAttemptId()),
                Digest.fromBytes(given.getArtifactSha256()),
                given.getPhase(),
                given.getReason(),
                given.getDetail(),
                counter(given.getBytesDone()),
                counter(given.getBytesTotal()),
                counter(given.getProbationSeconds()),
                counter(given.getProbationInferences()),
                download(given),
                before == null ? now : before.updatedAt());
        return attempt.equals(before) ? attempt : attempt.updatedAt(now);
    }

    private static SlotRow.ShadowReport shadow(Attempt given, SlotRow.@Nullable ShadowReport before, Instant now)
            throws Refusal {
        // The same rules as for the slot's own attempt.
        attempt(given, null, now);
        counter(given.getShadowSeconds());
        counter(given.getShadowCompared());
        return before != null && before.attempt().equals(given) ? before : new SlotRow.ShadowReport(given, now);
    }

    private static AttemptSnapshot.Download download(Attempt given) throws Refusal {
        if (given.getEncoding() == EncodingKind.UNRECOGNIZED) {
            throw new Refusal("bad-report", "encoding " + given.getEncodingValue() + " is not known");
        }
        return new AttemptSnapshot.Download(
                given.getEncoding(),
                counter(given.getBytesOnWire()),
                counter(given.getChunksWritten()),
                counter(given.getChunksRepeated()),
                counter(given.getChunksRefused()));
    }

    private static long counter(long given) throws Refusal {
        if (given < 0) {
            throw new Refusal("number-out-of-range", "a counter must fit in 63 bits");
        }
        return given;
    }

    private static void requireText(String what, String text) throws Refusal {
        if (text.length() > MAX_TEXT_CHARACTERS || text.indexOf('\0') >= 0) {
            throw new Refusal("bad-text", what + " must have at most 2000 characters and no NUL");
        }
    }
}
