// Heads and floors: what is alive, and how low a model may go (docs/protocol.md, section 6).
import { Refusal } from "./dsse.mjs";
import { modelInHeads, verifyFloors, verifyHeads } from "./trust.mjs";
import { hex } from "./wire.mjs";

const remembered = (entry) => entry && { version: entry.version, sha256: Buffer.from(entry.sha256, "hex") };

/** Keeps its rule for what ends, is not listed or too low; everything else gets the word of its document. */
function named(word, refusal) {
  return refusal.rule === "stale-metadata" ? refusal : new Refusal(word, refusal.message);
}

export class Metadata {
  #device;

  /** @param device {state(), save(), root(), blobs, nowMillis()}; state has heads, floors by model and signed times */
  constructor(device) {
    this.#device = device;
  }

  /** Fetches and checks what an offer needs; answers the release's model and its floor. */
  async forOffer(document, releaseSha256, attemptId, signal) {
    if (!document.heads) throw new Refusal("no-heads", "the document brings no heads, and nothing is installed without them");
    const heads = await this.#heads(document.heads, attemptId, signal);
    for (const ref of document.floors) await this.#floors(ref, heads, attemptId, signal);
    const { model, floorsVersion, floorsSha256 } = modelInHeads(heads, releaseSha256);
    if (floorsVersion > 0) this.#demandFloors(model, floorsSha256);
    return { model, minSecurityVersion: this.floorOf(model) };
  }

  /** The stored floor: it counts for the way back as well. */
  floorOf(model) {
    return this.#device.state().floors[model]?.minSecurityVersion ?? 0;
  }

  async #heads(ref, attemptId, signal) {
    const { blobs } = this.#device;
    const bytes = await blobs.small(ref, attemptId, signal);
    const state = this.#device.state();
    try {
      const stored = remembered(state.heads);
      const heads = verifyHeads(bytes, { root: this.#device.root(), stored, nowMillis: this.#device.nowMillis() });
      state.heads = { version: heads.version, sha256: hex(ref.sha256) };
      state.signed.heads = Math.max(state.signed.heads, heads.issuedAtMillis);
      this.#device.save();
      return heads;
    } catch (refusal) {
      throw named("heads-refused", refusal);
    }
  }

  async #floors(ref, heads, attemptId, signal) {
    const entry = heads.models.find(({ floorsSha256 }) => floorsSha256.equals(ref.sha256));
    if (!entry) throw new Refusal("floors-refused", "the document brings floors that heads do not name");
    const { model } = entry;
    const state = this.#device.state();
    const bytes = await this.#device.blobs.small(ref, attemptId, signal);
    try {
      const stored = remembered(state.floors[model]);
      const floors = verifyFloors(bytes, { root: this.#device.root(), model, stored, nowMillis: this.#device.nowMillis() });
      const { version, minSecurityVersion } = floors;
      state.floors[model] = { version, sha256: hex(ref.sha256), minSecurityVersion };
      state.signed.release = Math.max(state.signed.release, floors.issuedAtMillis);
      this.#device.save();
    } catch (refusal) {
      throw named("floors-refused", refusal);
    }
  }

  #demandFloors(model, digest) {
    if (this.#device.state().floors[model]?.sha256 !== hex(digest)) {
      throw new Refusal("floors-missing", `heads name floors for ${model} that this device has not been given`);
    }
  }
}
