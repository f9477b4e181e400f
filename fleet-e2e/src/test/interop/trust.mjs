// What a device believes: the pinned root, its desired documents, releases (docs/protocol.md, sections 4 and 6).
import { RELEASE_ALGORITHMS, Refusal, demandThreshold, openEnvelope, readRole, sameKeys, sha256 } from "./dsse.mjs";
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
    release: readRole("release", payload.release, RELEASE_ALGORITHMS),
    director: readRole("director", payload.director),
    heads: payload.heads ? readRole("heads", payload.heads) : null,
    delegations: readDelegations(payload.delegations),
  };
  demandThreshold(envelope, root.root);
  return root;
}

function readDelegations(delegations) {
  const byModel = new Map();
  for (const { model, release } of delegations) {
    demand(!byModel.has(model), "role", `model '${model}' is delegated twice`);
    byModel.set(model, readRole(`release of ${model}`, release, RELEASE_ALGORITHMS));
  }
  return byModel;
}

/** Who signs a model's releases and floors. */
const releaseRole = (root, model) => root.delegations.get(model) ?? root.release;

/**
 * Checks the next root: signed by the root roles of both, and exactly one version on.
 *
 * @returns the root, and which roles speak by other keys than before
 */
export function verifyNextRoot(bytes, current) {
  const next = verifyRoot(bytes);
  demandThreshold(openEnvelope(bytes, "root"), current.root);
  demand(next.version === current.version + 1, "root-version-step", `root ${next.version} does not follow ${current.version}`);
  return {
    root: next,
    directorChanged: !sameKeys(current.director, next.director),
    headsChanged: !sameKeys(current.heads, next.heads),
  };
}

/**
 * Checks in the order of the page what grows and ends: heads and floors.
 *
 * @param stored {version, sha256} or null
 */
function checkGrowth(what, document, digest, stored, nowMillis) {
  demand(Number.isSafeInteger(document.version) && document.version > 0, "version", `${what} have the version ${document.version}`);
  if (stored && document.version === stored.version) {
    demand(digest.equals(stored.sha256), "version", `${what} ${document.version} are stored with other bytes`);
  }
  demand(!stored || document.version >= stored.version, "version", `${what} ${document.version} are older than the stored ${stored?.version}`);
  const now = Math.max(nowMillis, document.issuedAtMillis);
  demand(document.expiresAtMillis > now, "stale-metadata", `${what} ended at ${new Date(document.expiresAtMillis).toISOString()}`);
}

/** Checks the list of what is alive. */
export function verifyHeads(bytes, { root, stored, nowMillis }) {
  demand(root.heads !== null, "role", "the root names no heads role");
  const envelope = openEnvelope(bytes, "heads");
  demandThreshold(envelope, root.heads);
  const heads = parse("Heads", envelope.payload);
  demand(heads.rootVersion === root.version, "root", `heads are for root ${heads.rootVersion}, here is ${root.version}`);
  demand(heads.rootSha256.equals(root.sha256), "root", "heads are for another root than the one held");
  checkGrowth("heads", heads, sha256(bytes), stored, nowMillis);
  return heads;
}

/** Checks how low a model may go, by the keys that sign its releases. */
export function verifyFloors(bytes, { root, model, stored, nowMillis }) {
  const envelope = openEnvelope(bytes, "floors");
  demandThreshold(envelope, releaseRole(root, model));
  const floors = parse("Floors", envelope.payload);
  demand(floors.model === model, "model", `floors are of '${floors.model}', heads name them for '${model}'`);
  checkGrowth(`floors of ${model}`, floors, sha256(bytes), stored, nowMillis);
  return floors;
}

/** The model of a release that is alive. */
export function modelInHeads(heads, releaseSha256) {
  const found = heads.models.find(({ releases }) => releases.some(({ sha256: digest }) => digest.equals(releaseSha256)));
  demand(found !== undefined, "not-in-heads", "heads do not list the release");
  return found;
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
  if (desired.heads) checkBlob("heads", desired.heads, MAX_PAYLOAD_BYTES);
  for (const floors of desired.floors) checkBlob("floors", floors, MAX_PAYLOAD_BYTES);
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

/**
 * Checks a release that has been fetched whole, and answers it with the variant that the director asks for.
 *
 * @param context root, model as heads say, minSecurityVersion of its floors, variantSha256
 */
export function verifyRelease(bytes, { root, model, minSecurityVersion, variantSha256 }) {
  const envelope = openEnvelope(bytes, "release");
  demandThreshold(envelope, releaseRole(root, model));
  const release = parse("Release", envelope.payload);
  demand(release.model === model, "model", `the release is of '${release.model}', heads list it under '${model}'`);
  demand(
    release.securityVersion >= minSecurityVersion,
    "below-floor",
    `security version ${release.securityVersion} is under the floor ${minSecurityVersion} of ${model}`,
  );
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
