package io.tinyfleet.agent.outbox;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.tinyfleet.agent.install.Disk;
import io.tinyfleet.agent.install.RecordLog;
import io.tinyfleet.protocol.v1.Envelope;
import io.tinyfleet.protocol.v1.Skipped;
import io.tinyfleet.protocol.v1.Stream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Messages that the server must store: kept on disk until its mark says that it has. A broker's acknowledgement is not
 * enough, brokers lose acknowledged messages when they are killed.
 *
 * <p>One log file a stream and boot. Numbers begin at 1 in each stream and boot; the boot counter is on the medium
 * before the first message. Owned by one thread.
 */
public final class Outbox {
    /** In this order they are sent, and the other way round dropped. */
    private static final List<Stream> STREAMS = List.of(Stream.STATE, Stream.EVENT, Stream.TELEMETRY);

    /** In the place of a message's time: the record is a mark of the server's. */
    private static final long MARK = Long.MIN_VALUE;

    private static final int MAX_BOOT_FILE_BYTES = 20;

    private final Disk disk;
    private final Path directory;
    private final OutboxLimits limits;
    private final NavigableMap<Key, Entry> entries = new TreeMap<>();
    private final Map<Lane, RecordLog> logs = new HashMap<>();
    private final Map<Stream, Long> lastSeq = new EnumMap<>(Stream.class);
    private long boot;
    private long bytes;

    /** Streams in sending order, then boot, then seq. */
    record Key(Stream stream, long boot, long seq) implements Comparable<Key> {
        private static final Comparator<Key> ORDER = Comparator.<Key>comparingInt(key -> STREAMS.indexOf(key.stream))
                .thenComparingLong(Key::boot)
                .thenComparingLong(Key::seq);

        @Override
        public int compareTo(Key other) {
            return ORDER.compare(this, other);
        }
    }

    private record Lane(Stream stream, long boot) {}

    /** A message to publish now. */
    public record Due(Stream stream, long boot, long seq, Envelope envelope) {}

    private static final class Entry {
        private Envelope envelope;
        private final Instant addedAt;
        private int sends;
        private boolean delivered;
        private Duration dueAt = Duration.ZERO;

        Entry(Envelope envelope, Instant addedAt) {
            this.envelope = envelope;
            this.addedAt = addedAt;
        }

        int size() {
            return envelope.getSerializedSize();
        }
    }

    private Outbox(Disk disk, Path directory, OutboxLimits limits) {
        this.disk = disk;
        this.directory = directory;
        this.limits = limits;
    }

    /** Reads what is kept and begins a new boot, whose number is on the medium when this returns. */
    public static Outbox open(Disk disk, Path directory, OutboxLimits limits) throws IOException {
        Outbox outbox = new Outbox(disk, directory, limits);
        disk.createDirectories(directory);
        long highest = outbox.readBoot();
        for (Path file : disk.list(directory)) {
            highest = Math.max(highest, outbox.load(file));
        }
        outbox.beginBoot(highest + 1);
        return outbox;
    }

    public long boot() {
        return boot;
    }

    public int count() {
        return entries.size();
    }

    public long bytes() {
        return bytes;
    }

    // ---- adding

    /** Keeps a message; state and events are on the medium when this returns, telemetry soon after. */
    public void add(Stream stream, ByteString body, Instant now) throws IOException {
        long seq = lastSeq.merge(stream, 1L, Long::sum);
        Envelope envelope = Envelope.newBuilder()
                .setStream(stream)
                .setBootCounter(boot)
                .setSeq(seq)
                .setBody(body)
                .build();
        keep(envelope, now);
        makeRoom(now);
    }

    private void keep(Envelope envelope, Instant now) throws IOException {
        Key key = new Key(envelope.getStream(), envelope.getBootCounter(), envelope.getSeq());
        Entry entry = new Entry(envelope, now);
        entries.put(key, entry);
        bytes += entry.size();
        RecordLog log = log(new Lane(key.stream(), key.boot()));
        log.append(record(envelope, now));
        if (key.stream() != Stream.TELEMETRY) {
            log.flush();
        }
    }

    /** The oldest telemetry goes first; a "skipped" in its place keeps the server's marks going and counts the loss. */
    private void makeRoom(Instant now) throws IOException {
        Instant oldest = now.minus(limits.maxTelemetryAge());
        List<Key> tooOld = entries.entrySet().stream()
                .filter(entry -> entry.getKey().stream() == Stream.TELEMETRY)
                .filter(entry -> entry.getValue().addedAt.isBefore(oldest))
                .filter(entry -> entry.getValue().envelope.hasBody())
                .map(Map.Entry::getKey)
                .toList();
        for (Key key : tooOld) {
            skip(key, "older than " + limits.maxTelemetryAge().toDays() + " days");
        }
        for (int i = STREAMS.size() - 1; i >= 0 && bytes > limits.maxBytes(); i--) {
            Stream stream = STREAMS.get(i);
            for (Key key : List.copyOf(entries.keySet())) {
                if (bytes <= limits.maxBytes()) {
                    return;
                }
                if (key.stream() == stream && entry(key).envelope.hasBody()) {
                    skip(key, "outbox full");
                }
            }
        }
    }

    /** Replaces a message by a note that it will never come; notes next to each other become one. */
    private void skip(Key key, String reason) throws IOException {
        Entry entry = entry(key);
        bytes -= entry.size();
        long first = key.seq();
        Map.Entry<Key, Entry> before = entries.lowerEntry(key);
        if (before != null && joins(before, key)) {
            first = before.getValue().envelope.getSkipped().getFirst();
            bytes -= before.getValue().size();
            entries.remove(before.getKey());
        }
        Envelope note = Envelope.newBuilder()
                .setStream(key.stream())
                .setBootCounter(key.boot())
                .setSeq(key.seq())
                .setSkipped(
                        Skipped.newBuilder().setFirst(first).setLast(key.seq()).setReason(reason))
                .build();
        Entry replaced = new Entry(note, entry.addedAt);
        entries.put(key, replaced);
        bytes += replaced.size();
        log(new Lane(key.stream(), key.boot())).append(record(note, entry.addedAt));
    }

    private static boolean joins(Map.Entry<Key, Entry> before, Key key) {
        Envelope envelope = before.getValue().envelope;
        return before.getKey().stream() == key.stream()
                && before.getKey().boot() == key.boot()
                && envelope.hasSkipped()
                && envelope.getSkipped().getLast() == key.seq() - 1;
    }

    // ---- sending

    /** At most {@code max} messages whose time has come, in order; each is counted as sent. */
    public List<Due> takeDue(Duration uptime, int max) throws IOException {
        List<Due> due = new ArrayList<>();
        List<Key> worn = new ArrayList<>();
        Iterator<Map.Entry<Key, Entry>> all = entries.entrySet().iterator();
        while (all.hasNext() && due.size() < max) {
            Map.Entry<Key, Entry> next = all.next();
            Entry entry = next.getValue();
            if (entry.dueAt.compareTo(uptime) > 0) {
                continue;
            }
            if (entry.sends >= limits.maxSends() && entry.envelope.hasBody()) {
                worn.add(next.getKey());
                continue;
            }
            due.add(send(next.getKey(), entry, uptime));
        }
        for (Key key : worn) {
            skip(key, "no mark after " + limits.maxSends() + " sends");
        }
        return due;
    }

    private Due send(Key key, Entry entry, Duration uptime) {
        Duration wait = limits.firstResend().multipliedBy(1L << Math.min(entry.sends, 20));
        entry.dueAt = uptime.plus(wait.compareTo(limits.maxResend()) < 0 ? wait : limits.maxResend());
        entry.sends++;
        entry.delivered = false;
        return new Due(key.stream(), key.boot(), key.seq(), entry.envelope);
    }

    /** It could not be handed over after all: soon again, and not counted. */
    public void notSent(Due due, Duration uptime) {
        Entry entry = entries.get(new Key(due.stream(), due.boot(), due.seq()));
        if (entry != null) {
            entry.sends--;
            entry.dueAt = uptime.plusSeconds(1);
        }
    }

    /** The broker has it. */
    public void delivered(Due due) {
        Entry entry = entries.get(new Key(due.stream(), due.boot(), due.seq()));
        if (entry != null) {
            entry.delivered = true;
        }
    }

    /** The connection is gone: what the broker does not have goes again with the next one. */
    public void disconnected() {
        for (Entry entry : entries.values()) {
            if (entry.sends > 0 && !entry.delivered) {
                entry.dueAt = Duration.ZERO;
                entry.sends--;
            }
        }
    }

    /** When {@link #takeDue} has something again; absent messages are due never. */
    public Duration nextDue() {
        return entries.values().stream()
                .map(entry -> entry.dueAt)
                .min(Comparator.naturalOrder())
                .orElse(Duration.ofDays(1000));
    }

    // ---- the server's word

    /** The server has stored everything of this stream and boot up to that number. */
    public void mark(Stream stream, long markedBoot, long upTo) throws IOException {
        if (!STREAMS.contains(stream)) {
            return;
        }
        NavigableMap<Key, Entry> stored =
                entries.subMap(new Key(stream, markedBoot, 0), true, new Key(stream, markedBoot, upTo), true);
        if (stored.isEmpty()) {
            return;
        }
        stored.values().forEach(entry -> bytes -= entry.size());
        stored.clear();
        Lane lane = new Lane(stream, markedBoot);
        // Not flushed: a lost mark costs a message that is sent again and dropped by the server.
        log(lane).append(markRecord(upTo));
        compact(lane);
    }

    /** The server knows a later boot of this device: go on above it, and number again what waits in this one. */
    public void continueAbove(long knownBoot, Instant now) throws IOException {
        if (knownBoot < boot) {
            return;
        }
        long old = boot;
        List<Entry> waiting = new ArrayList<>();
        for (Stream stream : STREAMS) {
            NavigableMap<Key, Entry> lane =
                    entries.subMap(new Key(stream, old, 0), true, new Key(stream, old, Long.MAX_VALUE), true);
            waiting.addAll(lane.values());
            lane.values().forEach(entry -> bytes -= entry.size());
            lane.clear();
        }
        beginBoot(knownBoot + 1);
        for (Entry entry : waiting) {
            if (entry.envelope.hasBody()) {
                add(entry.envelope.getStream(), entry.envelope.getBody(), entry.addedAt);
            }
        }
        for (Stream stream : STREAMS) {
            compact(new Lane(stream, old));
        }
        makeRoom(now);
    }

    // ---- files

    private void beginBoot(long next) throws IOException {
        disk.writeAtomic(directory.resolve("boot"), Long.toString(next).getBytes(StandardCharsets.US_ASCII));
        boot = next;
        lastSeq.clear();
    }

    private long readBoot() throws IOException {
        byte[] content = disk.read(directory.resolve("boot")).orElse(new byte[0]);
        String text = new String(content, StandardCharsets.US_ASCII);
        // An unreadable counter costs a message from the server to go on above the one it knows.
        return content.length <= MAX_BOOT_FILE_BYTES && text.matches("[0-9]{1,18}") ? Long.parseLong(text) : 0;
    }

    private Path file(Lane lane) {
        return directory.resolve(lane.stream().name() + "-" + lane.boot() + ".log");
    }

    private RecordLog log(Lane lane) throws IOException {
        RecordLog log = logs.get(lane);
        if (log == null) {
            // The name must be on the medium before a flushed record can be found under it.
            disk.truncate(file(lane), Math.max(0, disk.size(file(lane))));
            disk.flushDirectory(directory);
            log = RecordLog.open(disk, file(lane)).log();
            logs.put(lane, log);
        }
        return log;
    }

    private static byte[] record(Envelope envelope, Instant addedAt) {
        byte[] content = envelope.toByteArray();
        return ByteBuffer.allocate(Long.BYTES + content.length)
                .putLong(addedAt.toEpochMilli())
                .put(content)
                .array();
    }

    private static byte[] markRecord(long upTo) {
        return ByteBuffer.allocate(2 * Long.BYTES).putLong(MARK).putLong(upTo).array();
    }

    /** Reads one file and returns its boot number; 0 when it is no file of ours. */
    private long load(Path file) throws IOException {
        String name = String.valueOf(file.getFileName());
        if (!name.matches("(STATE|EVENT|TELEMETRY)-[0-9]{1,18}\\.log")) {
            return 0;
        }
        int dash = name.indexOf('-');
        Lane lane = new Lane(
                Stream.valueOf(name.substring(0, dash)), Long.parseLong(name.substring(dash + 1, name.length() - 4)));
        RecordLog.Opened opened = RecordLog.open(disk, file);
        logs.put(lane, opened.log());
        for (byte[] record : opened.records()) {
            restore(lane, record);
        }
        compact(lane);
        return lane.boot();
    }

    private void restore(Lane lane, byte[] record) throws IOException {
        ByteBuffer content = ByteBuffer.wrap(record);
        long stamp = content.getLong();
        if (stamp == MARK) {
            NavigableMap<Key, Entry> stored = entries.headMap(
                            new Key(lane.stream(), lane.boot(), content.getLong()), true)
                    .tailMap(new Key(lane.stream(), lane.boot(), 0), true);
            stored.values().forEach(entry -> bytes -= entry.size());
            stored.clear();
            return;
        }
        Instant addedAt = Instant.ofEpochMilli(stamp);
        Envelope envelope;
        try {
            envelope = Envelope.parseFrom(content);
        } catch (InvalidProtocolBufferException e) {
            throw new IOException(file(lane) + " has a record with a right checksum that cannot be read", e);
        }
        Key key = new Key(lane.stream(), lane.boot(), envelope.getSeq());
        if (envelope.hasSkipped()) {
            for (long seq = envelope.getSkipped().getFirst(); seq < key.seq(); seq++) {
                drop(new Key(lane.stream(), lane.boot(), seq));
            }
        }
        drop(key);
        Entry entry = new Entry(envelope, addedAt);
        entries.put(key, entry);
        bytes += entry.size();
    }

    private void drop(Key key) {
        Entry gone = entries.remove(key);
        if (gone != null) {
            bytes -= gone.size();
        }
    }

    /** A log with nothing waiting is emptied, or deleted when its boot is over. */
    private void compact(Lane lane) throws IOException {
        boolean waiting = !entries.subMap(
                        new Key(lane.stream(), lane.boot(), 0), true,
                        new Key(lane.stream(), lane.boot(), Long.MAX_VALUE), true)
                .isEmpty();
        RecordLog log = logs.get(lane);
        if (log == null) {
            return;
        }
        if (waiting) {
            rewriteWhenMostlyStored(lane, log);
            return;
        }
        if (lane.boot() == boot) {
            log.clear();
            return;
        }
        logs.remove(lane);
        disk.delete(file(lane));
        disk.flushDirectory(directory);
    }

    /** Keeps a log that is never quite empty from growing without end. */
    private void rewriteWhenMostlyStored(Lane lane, RecordLog log) throws IOException {
        NavigableMap<Key, Entry> waiting = entries.subMap(
                new Key(lane.stream(), lane.boot(), 0),
                true,
                new Key(lane.stream(), lane.boot(), Long.MAX_VALUE),
                true);
        long live = waiting.values().stream().mapToLong(Entry::size).sum();
        if (log.bytes() < 256 * 1024 || log.bytes() < live * 4) {
            return;
        }
        Path aside = file(lane).resolveSibling(file(lane).getFileName() + ".tmp");
        disk.delete(aside);
        RecordLog fresh = RecordLog.open(disk, aside).log();
        for (Entry entry : waiting.values()) {
            fresh.append(record(entry.envelope, entry.addedAt));
        }
        fresh.flush();
        disk.moveAtomically(aside, file(lane));
        disk.flushDirectory(directory);
        logs.put(lane, RecordLog.open(disk, file(lane)).log());
    }

    private Entry entry(Key key) {
        Entry entry = entries.get(key);
        if (entry == null) {
            throw new IllegalStateException("no message " + key);
        }
        return entry;
    }
}
