// What a device believes: the pinned root, its desired documents, releases (docs/protocol.md, sections 4 and 6).
import { Refusal, demandThreshold, openEnvelope, readRole, sha256 } from "./dsse.mjs";
import {
  CHUNK_BYTES,
  DIGEST_BYTES,
  ID_BYTES,
  MAX_CHUNK_LIST_BYTES,
  MAX_PAYLOAD_BYTES,
  MAX_SELF_TEST_BYTES,
  MAX_SLOTS,
  MAX_VARIANTS,
  decode,
} from "./wire.mjs";

const SLOT_NAME = /^[a-z0-9-]{1,32}$/;
const MAX_BLOB_BYTES = (MAX_CHUNK_LIST_BYTES / DIGEST_BYTES) * CHUNK_BYTES;

function parse(name, bytes) {
  try {
    return decode(name, bytes);
  } catch (unreadable) {
    throw new Refusal("unreadable", unreadable.message);
  }
}

function demand(holds, rule, sentence) {
  if (!holds) throw new Refusal(rule, sentence);
}

/**
 * Reads a root whose own root role has signed it. Its payload has to be parsed first, as the keys are in it: nothing of it
 * is used before the signatures hold.
 */
export function verifyRoot(bytes) {
  const envelope = openEnvelope(bytes, "root");
  const payload = parse("Root", envelope.payload);
  const root = {
    sha256: sha256(bytes),
    version: payload.version,
    issuedAtMillis: payload.issuedAtMillis,
    expiresAtMillis: payload.expiresAtMillis,
    root: readRole("root", payload.root),
    release: readRole("release", payload.release),
    director: readRole("director", payload.director),
    heads: payload.heads ? readRole("heads", payload.heads) : null,
  };
  demandThreshold(envelope, root.root);
  return root;
}

/**
 * Checks a desired document in the order of the page.
 *
 * @param context root, deviceId, stored {seq, sha256} or null, nowMillis: the latest signed time, or the clock
 * @returns the document with its digest; `isNew` is false for the very envelope that is stored
 */
export function verifyDesired(bytes, { root, deviceId, stored, nowMillis }) {
  const envelope = openEnvelope(bytes, "desired");
  demandThreshold(envelope, root.director);
  const desired = parse("Desired", envelope.payload);
  const digest = sha256(bytes);
  demand(desired.rootSha256.equals(root.sha256), "root", "signed under another root than the pinned one");
  demand(desired.deviceId === deviceId, "device", `is for device '${desired.deviceId}', this is '${deviceId}'`);
  demand(Number.isSafeInteger(desired.seq) && desired.seq > 0, "seq", `sequence ${desired.seq} is not a number to go by`);
  if (stored && desired.seq === stored.seq && digest.equals(stored.sha256)) return { desired, digest, isNew: false };
  if (stored) {
    demand(desired.seq !== stored.seq, "seq", `sequence ${desired.seq} is stored with other bytes`);
    demand(desired.seq > stored.seq, "seq", `sequence ${desired.seq} is older than the stored ${stored.seq}`);
  }
  const now = Math.max(nowMillis, desired.issuedAtMillis);
  demand(desired.expiresAtMillis > now, "expired", `ended at ${new Date(desired.expiresAtMillis).toISOString()}`);
  demand(root.expiresAtMillis > now, "root-expired", `the root ended at ${new Date(root.expiresAtMillis).toISOString()}`);
  checkSlots(desired.slots);
  return { desired, digest, isNew: true };
}

function checkSlots(slots) {
  demand(slots.length <= MAX_SLOTS, "slots", `${slots.length} slots, at most ${MAX_SLOTS} are allowed`);
  const names = new Set();
  for (const slot of slots) {
    demand(SLOT_NAME.test(slot.slot), "slot-name", `slot '${slot.slot}' is not 1 to 32 characters of a-z 0-9 -`);
    demand(!names.has(slot.slot), "slot-name", `slot '${slot.slot}' comes twice`);
    names.add(slot.slot);
    demand(slot.attemptId.length === ID_BYTES, "attempt-id", `slot ${slot.slot}: the attempt has no id of 16 bytes`);
    if (slot.empty) continue;
    demand(slot.variantSha256.length === DIGEST_BYTES, "digest", `slot ${slot.slot}: the variant has no digest of 32 bytes`);
    checkBlob(`slot ${slot.slot}, release`, slot.release, MAX_PAYLOAD_BYTES);
    for (const encoding of slot.encodings) {
      checkBlob(`slot ${slot.slot}, encoding ${encoding.kind}`, encoding.blob, MAX_BLOB_BYTES);
      if (encoding.chunkList) checkBlob(`slot ${slot.slot}, chunk list`, encoding.chunkList, MAX_CHUNK_LIST_BYTES);
      demand(encoding.chunkSize === CHUNK_BYTES, "chunk-size", `slot ${slot.slot}: chunks of ${encoding.chunkSize} bytes`);
    }
  }
}

function checkBlob(where, blob, limit) {
  demand(blob !== null && blob.sha256.length === DIGEST_BYTES, "digest", `${where}: no digest of 32 bytes`);
  demand(blob.size >= 1 && blob.size <= limit, "size", `${where}: ${blob.size} bytes, allowed are 1 to ${limit}`);
}

/** Checks a release that has been fetched whole, and answers it with the variant that the director asks for. */
export function verifyRelease(bytes, { root, variantSha256 }) {
  const envelope = openEnvelope(bytes, "release");
  demandThreshold(envelope, root.release);
  const release = parse("Release", envelope.payload);
  demand(release.releaseId.length === ID_BYTES, "release-id", "the release has no id of 16 bytes");
  demand(release.variants.length <= MAX_VARIANTS, "variants", `${release.variants.length} variants, at most ${MAX_VARIANTS}`);
  const variant = release.variants.find((each) => each.target !== null && each.target.sha256.equals(variantSha256));
  demand(variant !== undefined, "variant", "the release role has signed no variant with the digest that is asked for");
  if (variant.selfTest) {
    checkBlob("self-test", { sha256: variant.selfTest.vectorsSha256, size: variant.selfTest.vectorsSize }, MAX_SELF_TEST_BYTES);
  }
  return { release, variant };
}

/** A release that this device has verified and stored before. */
export const readRelease = (bytes) => parse("Release", openEnvelope(bytes, "release").payload);

/** The desired document that this device has verified and stored before. */
export const openDesired = (bytes) => parse("Desired", openEnvelope(bytes, "desired").payload);
