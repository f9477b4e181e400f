// The running device: presence, certain messages, the desired document, commands.
import { Blobs } from "./blobs.mjs";
import { sha256 } from "./dsse.mjs";
import { isSynchronised, readFacts } from "./facts.mjs";
import { Link } from "./link.mjs";
import { Metadata } from "./metadata.mjs";
import { Outbox } from "./outbox.mjs";
import { Slot } from "./slot.mjs";
import { openDesired, verifyDesired, verifyNextRoot, verifyRoot } from "./trust.mjs";
import { decode, encode, hex } from "./wire.mjs";

const HEARTBEAT_MILLIS = 60_000;
const RESEND_LOOK_MILLIS = 1_000;
const PROTOCOL = 1;
const LEAF_OF_STREAM = { STATE: "out/state", EVENT: "out/event", TELEMETRY: "out/telemetry" };

const FIRST_STATE = {
  boot: 0,
  root: null,
  // Latest signed times, by the role that has signed.
  signed: { root: 0, director: 0, heads: 0, release: 0 },
  desired: null,
  heads: null,
  floors: {},
  slots: {},
  refused: [],
};

const bytesOf = (hexText) => Buffer.from(hexText, "hex");

export class Device {
  #home;
  #identity;
  #root;
  #state;
  #link;
  #outbox;
  #blobs;
  #metadata = new Metadata(this);
  #slots = new Map();
  #connection = 0;
  #toldRefusals = new Set();

  constructor(home) {
    this.#home = home;
    this.#identity = home.readJson("identity.json", null);
    if (!this.#identity) throw new Error(`${home.path} has no identity; enrol first`);
    this.#state = home.readJson("state.json", FIRST_STATE);
    // The root of the enrolment, until a later one has been stored with the rest of the state.
    this.#root = verifyRoot(this.#state.root ? Buffer.from(this.#state.root, "base64") : home.read("root.bin"));
    this.#state.boot++;
    this.save();
    this.#link = new Link(this.#identity.mqtt, this.#identity.deviceId, {
      will: () => this.#presence("WILL", ++this.#connection),
      onReady: () => this.#onReady(),
      onMessage: (leaf, payload) => this.#onMessage(leaf, payload),
    });
    this.#outbox = new Outbox(home, this.#state.boot, (stream, bytes) => this.#send(stream, bytes));
    this.#blobs = new Blobs(home, this.#link);
  }

  start() {
    this.#link.connect();
    setInterval(() => this.#link.send("out/state", this.#presence("HEARTBEAT")), HEARTBEAT_MILLIS);
    setInterval(() => this.#outbox.sendDue(performance.now()), RESEND_LOOK_MILLIS);
    if (this.#state.desired) this.#follow(openDesired(Buffer.from(this.#state.desired.envelope, "base64")));
  }

  async goodbye() {
    this.#link.send("out/state", this.#presence("GOODBYE"));
    await this.#link.end();
  }

  // ---- what goes out ----------------------------------------------------------------------------

  #presence(kind, connection = this.#connection) {
    return encode("StateMessage", {
      presence: {
        kind,
        bootCounter: this.#state.boot,
        connection,
        desiredSeq: this.#state.desired?.seq ?? 0,
        lowestProtocol: PROTOCOL,
        highestProtocol: PROTOCOL,
        ...(kind === "HELLO" ? { facts: this.facts() } : {}),
        clockSynchronised: isSynchronised(),
        wallTimeMillis: Date.now(),
        rootVersion: this.#root.version,
      },
    });
  }

  #send(stream, envelope) {
    const bytes = stream === "STATE" ? encode("StateMessage", { reported: decode("Envelope", envelope) }) : envelope;
    return this.#link.send(LEAF_OF_STREAM[stream], bytes);
  }

  #onReady() {
    this.#link.send("out/state", this.#presence("HELLO"));
    this.report();
    this.#outbox.resendAll();
    this.#blobs.askAgain();
    console.log(`DEVICE READY ${this.#identity.deviceId} boot ${this.#state.boot} connection ${this.#connection}`);
  }

  report() {
    const artifact = (held) =>
      held && {
        sha256: bytesOf(held.sha256),
        releaseId: bytesOf(held.releaseId),
        model: held.model,
        version: held.version,
      };
    const slots = Object.entries(this.#state.slots).map(([slot, { active, previous, attempt }]) => ({
      slot,
      active: artifact(active),
      previous: artifact(previous),
      attempt: attempt && {
        attemptId: bytesOf(attempt.id),
        artifactSha256: bytesOf(attempt.artifact),
        phase: attempt.phase,
        reason: attempt.reason,
        detail: attempt.detail,
        bytesDone: attempt.bytesDone,
        bytesTotal: attempt.bytesTotal,
        probationSeconds: attempt.probationSeconds,
        probationInferences: attempt.probationInferences,
        chunksWritten: attempt.counts.written,
        chunksRepeated: attempt.counts.repeated,
        chunksRefused: attempt.counts.refused,
      },
    }));
    this.put(
      "STATE",
      encode("Reported", {
        desiredSeq: this.#state.desired?.seq ?? 0,
        slots,
        wallTimeMillis: Date.now(),
        clockSynchronised: isSynchronised(),
      }),
    );
  }

  event(fields) {
    console.log(`event ${fields.code}: ${fields.detail}`);
    this.put("EVENT", encode("DeviceEvent", { ...fields, wallTimeMillis: Date.now(), clockSynchronised: isSynchronised() }));
  }

  put(stream, body) {
    this.#outbox.put(stream, body);
  }

  // ---- what comes in ----------------------------------------------------------------------------

  #onMessage(leaf, payload) {
    switch (leaf) {
      case "in/desired":
        return this.#onDesired(payload);
      case "in/root":
        return this.#onRoot(payload);
      case "in/ack":
        return this.#onAck(payload);
      case "in/blob":
      case "shared":
        return this.#blobs.onChunk(payload);
      case "in/command":
        return this.#onCommand(decode("Command", payload));
      default:
        return undefined;
    }
  }

  #onAck(payload) {
    const above = this.#outbox.onAck(payload);
    if (above === null) return;
    this.#state.boot = above + 1;
    this.save();
    this.#outbox.continueAs(this.#state.boot);
    // Anew, so that the will has the counter too.
    this.#connection = 0;
    this.#link.reconnect();
  }

  #onRoot(envelope) {
    if (sha256(envelope).equals(this.#root.sha256)) return;
    let next;
    try {
      next = verifyNextRoot(envelope, this.#root);
    } catch (refusal) {
      this.#refuse("root-refused", envelope, refusal);
      return;
    }
    const { root, directorChanged, headsChanged } = next;
    const { signed } = this.#state;
    signed.root = Math.max(signed.root, root.issuedAtMillis);
    if (directorChanged) {
      if (this.#state.desired) this.#state.desired.seq = 0;
      signed.director = 0;
    }
    if (headsChanged) {
      this.#state.heads = null;
      signed.heads = 0;
    }
    this.#state.root = envelope.toString("base64");
    this.save();
    this.#root = root;
    console.log(`root ${root.version} stored`);
    this.#link.send("out/state", this.#presence("HEARTBEAT"));
  }

  /** The latest signed time, or the clock while somebody vouches for it. */
  nowMillis() {
    return Math.max(...Object.values(this.#state.signed), isSynchronised() ? Date.now() : 0);
  }

  #onDesired(envelope) {
    const { desired: stored, signed } = this.#state;
    let verified;
    try {
      verified = verifyDesired(envelope, {
        root: this.#root,
        deviceId: this.#identity.deviceId,
        stored: stored && { seq: stored.seq, sha256: bytesOf(stored.sha256) },
        nowMillis: this.nowMillis(),
      });
    } catch (refusal) {
      return this.#refuse("desired-refused", envelope, refusal);
    }
    const { desired, digest, isNew } = verified;
    if (!isNew) return undefined;
    signed.director = Math.max(signed.director, desired.issuedAtMillis);
    this.#state.desired = { seq: desired.seq, sha256: hex(digest), envelope: envelope.toString("base64") };
    this.save();
    console.log(`desired ${desired.seq} stored`);
    return this.#follow(desired);
  }

  /** The same bad document comes again with each hello: it is told once. */
  #refuse(code, envelope, refusal) {
    const digest = hex(sha256(envelope));
    if (this.#toldRefusals.has(digest)) return;
    this.#toldRefusals.add(digest);
    this.event({ code, severity: "SECURITY", detail: refusal.message });
  }

  #follow(desired) {
    for (const wanted of desired.slots) {
      if (!this.#slots.has(wanted.slot)) this.#slots.set(wanted.slot, new Slot(wanted.slot, this));
      this.#slots.get(wanted.slot).want(wanted, desired);
    }
    this.report();
  }

  #onCommand({ kind, identify }) {
    if (kind === "refresh") {
      this.#link.send("out/state", this.#presence("HELLO"));
      this.report();
    }
    if (kind === "identify") console.log(`IDENTIFY for ${identify.seconds} s`);
    if (kind === "restart") this.goodbye().then(() => process.exit(0));
  }

  // ---- what the slots need ----------------------------------------------------------------------

  record(slot) {
    this.#state.slots[slot] ??= { active: null, previous: null, attempt: null };
    return this.#state.slots[slot];
  }

  save() {
    this.#home.writeJson("state.json", this.#state);
  }

  state() {
    return this.#state;
  }

  get metadata() {
    return this.#metadata;
  }

  get blobs() {
    return this.#blobs;
  }

  root() {
    return this.#root;
  }

  facts() {
    return readFacts(this.#home.path, this.#identity.hardwareClass);
  }

  isSynchronised() {
    return isSynchronised();
  }

  isRefused(artifact) {
    return this.#state.refused.includes(artifact);
  }

  refuseArtifact(artifact) {
    if (!this.isRefused(artifact)) this.#state.refused.push(artifact);
  }

  allowArtifact(artifact) {
    this.#state.refused = this.#state.refused.filter((each) => each !== artifact);
  }
}
