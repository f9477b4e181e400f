// Certain messages: each is kept on disk until the server's mark covers it (docs/protocol.md, section 3).
import { writeSafely } from "./store.mjs";
import { decode, encode } from "./wire.mjs";

const FIRST_RETRY_MILLIS = 30_000;
const LONGEST_RETRY_MILLIS = 16 * 60_000;
const STREAMS = ["STATE", "EVENT", "TELEMETRY"];
/** Messages kept; a disk that is fuller drops the oldest telemetry first, then state, and events last. */
export const MAX_KEPT = 10_000;
const DROP_ORDER = ["TELEMETRY", "STATE", "EVENT"];

export class Outbox {
  #home;
  #send;
  #boot;
  #next = new Map(STREAMS.map((stream) => [stream, 1]));
  #kept = new Map();
  #maxKept;

  /** @param send (stream, envelopeBytes) => void; drops what it cannot send now */
  constructor(home, boot, send, maxKept = MAX_KEPT) {
    this.#maxKept = maxKept;
    this.#home = home;
    this.#boot = boot;
    this.#send = send;
    for (const name of home.list("outbox")) {
      const { stream, bootCounter, seq, skipped } = decode("Envelope", home.read("outbox", name));
      this.#keep(name, { stream, boot: bootCounter, seq, skippedFrom: skipped?.first });
    }
  }

  #keep(name, entry) {
    this.#kept.set(name, { ...entry, waitMillis: FIRST_RETRY_MILLIS, dueMillis: 0 });
  }

  get size() {
    return this.#kept.size;
  }

  put(stream, body) {
    if (this.#kept.size >= this.#maxKept) this.#drop();
    const seq = this.#next.get(stream);
    this.#next.set(stream, seq + 1);
    this.#write(stream, seq, { body });
  }

  #write(stream, seq, content) {
    const name = `${stream}-${this.#boot}-${seq}`;
    writeSafely(this.#home.file("outbox", name), encode("Envelope", { stream, bootCounter: this.#boot, seq, ...content }));
    this.#keep(name, { stream, boot: this.#boot, seq });
    this.sendDue(performance.now());
  }

  /** Makes room: of the least precious stream the two oldest become one `Skipped`, in the place of the newer. */
  #drop() {
    for (const stream of DROP_ORDER) {
      const [first, last] = this.#inOrder().filter(({ entry }) => entry.stream === stream);
      if (!last || first.entry.boot !== last.entry.boot) continue;
      const { boot, seq } = last.entry;
      const skipped = { first: first.entry.skippedFrom ?? first.entry.seq, last: seq, reason: "outbox-full" };
      writeSafely(this.#home.file("outbox", last.name), encode("Envelope", { stream, bootCounter: boot, seq, skipped }));
      last.entry.skippedFrom = skipped.first;
      last.entry.dueMillis = 0;
      this.#forget(first.name);
      return;
    }
  }

  #inOrder() {
    return [...this.#kept]
      .map(([name, entry]) => ({ name, entry }))
      .sort((one, other) => one.entry.boot - other.entry.boot || one.entry.seq - other.entry.seq);
  }

  #forget(name) {
    this.#home.remove("outbox", name);
    this.#kept.delete(name);
  }

  /** After a new connection everything that is unacknowledged goes out again. */
  resendAll() {
    for (const entry of this.#kept.values()) {
      entry.dueMillis = 0;
      entry.waitMillis = FIRST_RETRY_MILLIS;
    }
    this.sendDue(performance.now());
  }

  sendDue(nowMillis) {
    for (const { name, entry } of this.#inOrder()) {
      if (entry.dueMillis > nowMillis) continue;
      if (!this.#send(entry.stream, this.#home.read("outbox", name))) return;
      entry.dueMillis = nowMillis + entry.waitMillis;
      entry.waitMillis = Math.min(entry.waitMillis * 2, LONGEST_RETRY_MILLIS);
    }
  }

  /** @returns the boot counter to go above, or null */
  onAck(bytes) {
    const ack = decode("Ack", bytes);
    for (const { stream, bootCounter, upTo } of ack.marks) {
      for (const { name, entry } of this.#inOrder()) {
        if (entry.stream === stream && entry.boot === bootCounter && entry.seq <= upTo) this.#forget(name);
      }
    }
    return ack.continueAboveBoot >= this.#boot ? ack.continueAboveBoot : null;
  }

  /** Goes on under a higher boot counter: the numbers start at 1 again. */
  continueAs(boot) {
    this.#boot = boot;
    for (const stream of STREAMS) this.#next.set(stream, 1);
  }
}
