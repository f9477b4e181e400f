// One slot: from an offer to a proven model, and back (docs/protocol.md, section 4).
import { Refusal } from "./dsse.mjs";
import { whyUnfit } from "./facts.mjs";
import { NoiseFrames, load, selfTest } from "./runtime.mjs";
import { Sketch } from "./sketch.mjs";
import { Window } from "./telemetry.mjs";
import { readRelease, verifyRelease } from "./trust.mjs";
import { MAX_SELF_TEST_BYTES, decode, hex } from "./wire.mjs";

const DEFAULT_WINDOW_SECONDS = 60;
const PROGRESS_MILLIS = 1_000;
const MAX_ACTIVATIONS = 3;
/** After these the artifact itself is not taken again; a bad link or signature says nothing about it. */
const BLAMES_THE_MODEL = new Set(["self-test-failed", "load-failed", "inferences-failed", "crash-loop", "over-latency-budget"]);
const EVENT_OF_PHASE = { FAILED: "install-failed", REJECTED: "install-rejected", ROLLED_BACK: "rolled-back" };
/** Refusals with an event of their own. */
const EVENTS = new Set(["release-refused", "heads-refused", "floors-refused"]);
const ENDED = new Set(["HEALTHY", "FAILED", "ROLLED_BACK", "REJECTED", "IDLE"]);

function severity(phase, reason) {
  if (EVENTS.has(reason)) return "SECURITY";
  return phase === "REJECTED" ? "WARNING" : "ERROR";
}

/** A newer document asks for something else. */
class Superseded extends Error {}

const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

export class Slot {
  #name;
  #device;
  #wanted = null;
  #work = Promise.resolve();
  #stop = new AbortController();
  #document = null;
  #documentCame = () => {};

  /** @param device {record, save(), report(), event(), put(), blobs, root(), isSynchronised()} */
  constructor(name, device) {
    this.#name = name;
    this.#device = device;
  }

  get #record() {
    return this.#device.record(this.#name);
  }

  get #attempt() {
    return this.#record.attempt;
  }

  /** Takes what a document asks for, now or after a start. */
  want(desired, document) {
    this.#document = document;
    this.#documentCame();
    const same = this.#wanted?.attemptId.equals(desired.attemptId) && this.#wanted.variantSha256.equals(desired.variantSha256);
    this.#wanted = desired;
    if (same) return;
    this.#stop.abort(new Superseded());
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.#work = this.#work.then(() => this.#follow(desired, signal));
  }

  async #follow(desired, signal) {
    try {
      await this.#reach(desired, signal);
    } catch (failure) {
      if (!(failure instanceof Superseded)) throw failure;
    }
  }

  async #reach(desired, signal) {
    try {
      if (desired.empty) return this.#clear();
      const artifact = hex(desired.variantSha256);
      const isNewest = this.#attempt?.id === hex(desired.attemptId) && this.#attempt.artifact === artifact;
      if (isNewest && ENDED.has(this.#attempt.phase)) return await this.#runActive(desired, signal);
      if (!isNewest) this.#begin(desired);
      const { active, previous } = this.#record;
      const isWayBack = desired.reason === "WITHDRAWN" || desired.reason === "ROLLBACK";
      if (isWayBack && active?.proven && active.sha256 === artifact) {
        active.attemptId = this.#attempt.id;
        this.#phase("HEALTHY");
        return await this.#runActive(desired, signal);
      }
      if (isWayBack && previous?.sha256 === artifact && (await this.#device.blobs.held(desired.variantSha256))) {
        return await this.#takeBack(desired, previous, signal);
      }
      // A power cut in the probation: what is active has still to prove itself.
      if (active?.attemptId === this.#attempt.id) return await this.#prove(desired, signal);
      if (await this.#install(desired, signal)) return await this.#prove(desired, signal);
      return await this.#runActive(desired, signal);
    } catch (failure) {
      if (failure instanceof Superseded) throw failure;
      console.log(`slot ${this.#name}: ${failure.message}`);
      this.#end(desired, "FAILED", failure.rule ?? "internal-error", failure.message);
      return await this.#runActive(desired, signal);
    }
  }

  /** The way back to what is still held: no download and no self-test, but a probation of its own. */
  async #takeBack(desired, previous, signal) {
    const floor = this.#device.metadata.floorOf(previous.model);
    const { release, variant } = this.#heldRelease(previous);
    if (release.securityVersion < floor) {
      throw new Refusal("below-floor", `security version ${release.securityVersion} is under the floor ${floor} of ${previous.model}`);
    }
    await load(this.#device.blobs.path(variant.target.sha256));
    signal.throwIfAborted();
    this.#switch({ ...previous, attemptId: this.#attempt.id });
    await this.#prove(desired, signal);
  }

  #heldRelease({ releaseSha256, sha256 }) {
    const release = readRelease(this.#device.blobs.read(Buffer.from(releaseSha256, "hex")));
    return { release, variant: release.variants.find(({ target }) => hex(target.sha256) === sha256) };
  }

  #begin(desired) {
    this.#record.attempt = {
      id: hex(desired.attemptId),
      artifact: hex(desired.variantSha256),
      phase: "ACCEPTED",
      reason: "",
      detail: "",
      bytesDone: 0,
      bytesTotal: 0,
      probationSeconds: 0,
      probationInferences: 0,
      activations: 0,
      counts: { written: 0, repeated: 0, refused: 0 },
    };
    this.#device.save();
    this.#device.report();
  }

  /** Run nothing here: what has proven itself is kept for the way back. */
  #clear() {
    const { active, previous } = this.#record;
    this.#record.previous = active?.proven ? active : previous;
    this.#record.active = null;
    this.#record.attempt = null;
    this.#device.save();
    this.#device.report();
  }

  #phase(phase) {
    this.#attempt.phase = phase;
    this.#device.save();
    this.#device.report();
  }

  #end(desired, phase, reason, detail) {
    const attempt = this.#attempt;
    attempt.reason = reason;
    attempt.detail = detail.slice(0, 500);
    const isTrusted = [this.#record.active, this.#record.previous].some((each) => each?.proven && each.sha256 === attempt.artifact);
    if (BLAMES_THE_MODEL.has(reason) && !isTrusted) this.#device.refuseArtifact(attempt.artifact);
    this.#phase(phase);
    this.#tell(desired, EVENTS.has(reason) ? reason : EVENT_OF_PHASE[phase], severity(phase, reason), `${reason}: ${attempt.detail}`);
  }

  #tell(desired, code, severityName, detail) {
    const { attemptId, variantSha256: artifactSha256 } = desired;
    this.#device.event({ code, severity: severityName, slot: this.#name, attemptId, artifactSha256, detail });
  }

  /** The old model runs on until the new one is tried and the switch is due. Answers whether there was a switch. */
  async #install(desired, signal) {
    const stop = new AbortController();
    const onAbort = () => stop.abort(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const old = this.#runActive(desired, stop.signal).catch((failure) => {
      if (!(failure instanceof Superseded)) console.log(`slot ${this.#name}: the running model stopped: ${failure.message}`);
    });
    try {
      const next = await this.#fetchAndTry(desired, signal);
      stop.abort(new Superseded());
      await old;
      if (next) this.#switch(next);
      return next !== null;
    } finally {
      signal.removeEventListener("abort", onAbort);
      stop.abort(new Superseded());
      await old;
    }
  }

  /** Fetches, checks and tries what is offered; answers what is to become active, or null when it is rejected. */
  async #fetchAndTry(desired, signal) {
    const { blobs } = this.#device;
    if (desired.retry) this.#device.allowArtifact(this.#attempt.artifact);
    if (this.#device.isRefused(this.#attempt.artifact)) {
      return this.#reject(desired, "penalty-box", "this artifact has failed here, and the slot does not say retry");
    }
    const alive = await this.#metadata(desired, signal);
    const releaseBytes = await blobs.small(desired.release, desired.attemptId, signal);
    const { release, variant } = this.#verified(releaseBytes, desired, alive);
    const unfit = whyUnfit(variant, this.#device.facts());
    if (unfit) return this.#reject(desired, unfit.reason, unfit.detail);
    if (!variant.pipeline?.audioFrames) throw new Refusal("pipeline-mismatch", "this device feeds models with frames of sound only");
    const vectors = variant.selfTest ? await this.#vectors(variant.selfTest, desired, signal) : [];
    if (!(await blobs.held(variant.target.sha256))) await this.#download(desired, variant, signal);
    this.#phase("VERIFIED");
    const session = await load(blobs.path(variant.target.sha256));
    await selfTest(session, vectors, variant.selfTest ?? { absoluteTolerance: 0, relativeTolerance: 0 });
    signal.throwIfAborted();
    return {
      sha256: hex(variant.target.sha256),
      releaseId: hex(release.releaseId),
      model: release.model,
      version: release.version,
      attemptId: this.#attempt.id,
      releaseSha256: hex(desired.release.sha256),
    };
  }

  /** The model and floor of the offer; while heads or floors have ended, waits for a document with newer ones. */
  async #metadata(desired, signal) {
    for (let isTold = false; ; ) {
      const newer = this.#newerDocument(signal);
      try {
        return await this.#device.metadata.forOffer(this.#document, desired.release.sha256, desired.attemptId, signal);
      } catch (refusal) {
        if (refusal.rule !== "stale-metadata") throw refusal;
        this.#attempt.reason = refusal.rule;
        this.#attempt.detail = refusal.message;
        this.#phase(this.#attempt.phase);
        if (!isTold) this.#tell(desired, "stale-metadata", "WARNING", refusal.message);
        isTold = true;
        await newer;
      }
    }
  }

  /** Settles with the next document, whatever it says; an attempt that is over rejects. */
  #newerDocument(signal) {
    const newer = new Promise((resolve, reject) => {
      this.#documentCame = resolve;
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    newer.catch(() => "whoever waits is told");
    return newer;
  }

  /** On a link that costs money a large model waits for another policy. */
  async #whileMetered(bytesLeft, signal) {
    for (;;) {
      const newer = this.#newerDocument(signal);
      const policy = this.#document.downloadPolicy;
      if (!policy?.metered || bytesLeft <= policy.meteredMaxBytes) break;
      this.#attempt.reason = "metered-link";
      this.#attempt.detail = `${bytesLeft} bytes are left, on a metered link at most ${policy.meteredMaxBytes} are fetched`;
      this.#phase("DOWNLOADING");
      await newer;
    }
    this.#attempt.reason = "";
    this.#attempt.detail = "";
  }

  #verified(bytes, desired, { model, minSecurityVersion }) {
    try {
      const { variantSha256 } = desired;
      return verifyRelease(bytes, { root: this.#device.root(), model, minSecurityVersion, variantSha256 });
    } catch (refusal) {
      if (refusal.rule === "below-floor") throw refusal;
      throw new Refusal(refusal.rule === "variant" ? "variant-not-in-release" : "release-refused", refusal.message);
    }
  }

  async #vectors({ vectorsSha256, vectorsSize }, desired, signal) {
    const bytes = await this.#device.blobs.small({ sha256: vectorsSha256, size: vectorsSize }, desired.attemptId, signal);
    try {
      return decode("SelfTestVectors", bytes, MAX_SELF_TEST_BYTES).vectors;
    } catch (unreadable) {
      throw new Refusal("self-test-unreadable", unreadable.message);
    }
  }

  #reject(desired, reason, detail) {
    this.#end(desired, "REJECTED", reason, detail);
    return null;
  }

  async #download(desired, variant, signal) {
    const attempt = this.#attempt;
    const encoding = desired.encodings.find(({ kind }) => kind === "IDENTITY");
    if (!encoding) throw new Refusal("no-usable-encoding", "no encoding is offered that this device knows");
    if (!encoding.blob.sha256.equals(variant.target.sha256) || encoding.blob.size !== variant.target.size) {
      throw new Refusal("size-mismatch", "the encoding IDENTITY is not the signed target");
    }
    attempt.bytesTotal = encoding.blob.size;
    this.#phase("DOWNLOADING");
    let told = performance.now();
    await this.#device.blobs.fetchFile(encoding, {
      attemptId: desired.attemptId,
      signal,
      counts: attempt.counts,
      policy: () => this.#document.downloadPolicy,
      mayGoOn: (bytesLeft) => this.#whileMetered(bytesLeft, signal),
      progress: (done) => {
        attempt.bytesDone = done;
        if (performance.now() - told < PROGRESS_MILLIS) return;
        told = performance.now();
        this.#device.save();
        this.#device.report();
      },
    });
  }

  /** One write makes the new model active; only what has proven itself is kept to go back to. */
  #switch(next) {
    this.#phase("ACTIVATING");
    const { active, previous } = this.#record;
    const kept = active?.proven && active.sha256 !== next.sha256 ? active : previous;
    this.#record.previous = kept?.sha256 === next.sha256 ? null : kept;
    this.#record.active = { ...next, proven: false };
    this.#phase("PROBATION");
  }

  /** Runs the new model until it has proven itself, and goes back by itself if it fails. */
  async #prove(desired, signal) {
    const { variant } = this.#heldRelease(this.#record.active);
    const attempt = this.#attempt;
    attempt.activations++;
    this.#device.save();
    if (attempt.activations > MAX_ACTIVATIONS) {
      return this.#goBack(desired, signal, "crash-loop", `the program ended ${MAX_ACTIVATIONS} times in the probation`);
    }
    const session = await load(this.#device.blobs.path(variant.target.sha256));
    const { runningSeconds, minInferences, deadlineSeconds } = desired.probation ?? {};
    const latencies = new Sketch();
    const started = performance.now();
    attempt.probationInferences = 0;
    const judge = (latency) => {
      latencies.add(latency);
      attempt.probationSeconds = Math.floor((performance.now() - started) / 1000);
      attempt.probationInferences++;
      const over = performance.now() - started >= runningSeconds * 1000;
      if (over && attempt.probationInferences >= minInferences) return "enough";
      return deadlineSeconds > 0 && attempt.probationSeconds >= deadlineSeconds ? "deadline" : "go on";
    };
    const { verdict, failure } = await this.#run(desired, variant, session, signal, judge);
    if (failure) return this.#goBack(desired, signal, "inferences-failed", failure);
    const budget = variant.budgets?.p95Millis ?? 0;
    const p95 = latencies.quantile(0.95);
    if (budget > 0 && p95 > budget) {
      return this.#goBack(desired, signal, "over-latency-budget", `p95 was ${p95.toFixed(1)} ms, the budget is ${budget} ms`);
    }
    this.#record.active.proven = verdict === "enough";
    this.#phase(verdict === "enough" ? "HEALTHY" : "IDLE");
    await this.#run(desired, variant, session, signal, () => "go on");
    return undefined;
  }

  async #goBack(desired, signal, reason, detail) {
    this.#record.active = this.#record.previous;
    this.#record.previous = null;
    this.#end(desired, "ROLLED_BACK", reason, detail);
    await this.#runActive(desired, signal);
  }

  /** Runs what is active: after a start, and after an attempt that did not change it. */
  async #runActive(desired, signal) {
    const { active } = this.#record;
    if (!active) return;
    const { variant } = this.#heldRelease(active);
    const session = await load(this.#device.blobs.path(variant.target.sha256));
    await this.#run(desired, variant, session, signal, () => "go on");
  }

  /** Infers at the pace of a microphone until `judge` is satisfied, an inference fails, or something else is wanted. */
  async #run(desired, variant, session, signal, judge) {
    const source = new NoiseFrames(session, variant.pipeline.audioFrames);
    const seconds = desired.windowSeconds || DEFAULT_WINDOW_SECONDS;
    let window = this.#window(source);
    const close = () => {
      if (!window.isEmpty) this.#device.put("TELEMETRY", window.encode());
      window = this.#window(source);
    };
    try {
      for (let due = performance.now(); ; due += source.frameMillis) {
        await pause(Math.max(0, due - performance.now()));
        signal.throwIfAborted();
        const started = performance.now();
        try {
          const score = await source.infer();
          window.add(performance.now() - started, score);
        } catch (failure) {
          window.fail("inferences-failed");
          return { failure: failure.message };
        }
        const verdict = judge(performance.now() - started);
        if (verdict !== "go on") return { verdict };
        if (window.ageMillis >= seconds * 1000) close();
      }
    } finally {
      close();
    }
  }

  #window(source) {
    const { active, attempt } = this.#record;
    return new Window({
      slot: this.#name,
      artifactSha256: Buffer.from(active.sha256, "hex"),
      attemptId: Buffer.from(active.attemptId, "hex"),
      // What runs beside an attempt, or after one that failed, has proven itself before.
      phase: attempt?.id === active.attemptId ? attempt.phase : "HEALTHY",
      source: NoiseFrames.SOURCE,
      threshold: source.threshold,
      clockSynchronised: this.#device.isSynchronised(),
    });
  }
}
