// Signatures: pre-authentication encoding, keys, roles with thresholds (docs/protocol.md, section 6).
import { createHash, createPublicKey, verify } from "node:crypto";
import { MAX_PAYLOAD_BYTES, decode, hex } from "./wire.mjs";

export const MAX_SIGNATURES = 16;
export const MAX_KEYS = 16;
const KEY_ID_BYTES = 16;
/** The one spelling of each kind of key, how it signs, and in which lengths. */
const ALGORITHMS = {
  ED25519: { prefix: Buffer.from("302a300506032b6570032100", "hex"), spkiBytes: 44, hash: null, signatureBytes: [64, 64] },
  ECDSA_P256: {
    prefix: Buffer.from("3059301306072a8648ce3d020106082a8648ce3d03010703420004", "hex"),
    spkiBytes: 91,
    hash: "sha256",
    signatureBytes: [8, 72],
  },
};
const ED25519_ONLY = ["ED25519"];
/** For the release role and for delegations. */
export const RELEASE_ALGORITHMS = ["ED25519", "ECDSA_P256"];

export const sha256 = (bytes) => createHash("sha256").update(bytes).digest();
/** The id is derived from the key, never believed. */
export const keyId = (spki) => sha256(spki).subarray(0, KEY_ID_BYTES);
export const payloadType = (document) => `application/vnd.tinyfleet.${document}.v1+protobuf`;

/** A document was refused; `rule` is a stable word, the message a sentence. */
export class Refusal extends Error {
  constructor(rule, sentence) {
    super(sentence);
    this.rule = rule;
  }
}

export function pae(type, payload) {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `),
    Buffer.from(payload),
  ]);
}

/** The role's keys by their ids, each once; refuses a role that breaks its rules. */
export function readRole(name, role, algorithms = ED25519_ONLY) {
  if (!role) throw new Refusal("role", `the root names no ${name} role`);
  if (role.keys.length > MAX_KEYS) {
    throw new Refusal("role", `role ${name} has ${role.keys.length} keys, at most ${MAX_KEYS} are allowed`);
  }
  const keys = new Map();
  for (const key of role.keys) keys.set(hex(keyId(key.spki)), readKey(name, key, algorithms));
  if (role.threshold < 1 || role.threshold > keys.size) {
    throw new Refusal("role", `role ${name} asks for ${role.threshold} signatures and has ${keys.size} distinct keys`);
  }
  return { name, keys, threshold: role.threshold };
}

function readKey(role, { algorithm, spki }, algorithms) {
  if (!algorithms.includes(algorithm)) throw new Refusal("role", `role ${role} has a key of algorithm ${algorithm}`);
  const { prefix, spkiBytes } = ALGORITHMS[algorithm];
  if (spki.length !== spkiBytes || !spki.subarray(0, prefix.length).equals(prefix)) {
    throw new Refusal("role", `role ${role} has a key that is not spelt as a SubjectPublicKeyInfo of ${algorithm}`);
  }
  try {
    return { algorithm, publicKey: createPublicKey({ key: spki, format: "der", type: "spki" }) };
  } catch (notOnCurve) {
    throw new Refusal("role", `role ${role} has a key that is none: ${notOnCurve.message}`);
  }
}

/** Whether two roles speak by the same keys and threshold. */
export const sameKeys = (one, other) =>
  one?.threshold === other?.threshold && [...(one?.keys.keys() ?? [])].sort().join() === [...(other?.keys.keys() ?? [])].sort().join();

/** Reads an envelope and pins its payload type; the payload is not parsed. */
export function openEnvelope(bytes, document) {
  let envelope;
  try {
    envelope = decode("DsseEnvelope", bytes, MAX_PAYLOAD_BYTES);
  } catch (unreadable) {
    throw new Refusal("envelope", unreadable.message);
  }
  if (envelope.payloadType !== payloadType(document)) {
    throw new Refusal("payload-type", `payload type is '${envelope.payloadType}', not '${payloadType(document)}'`);
  }
  if (envelope.signatures.length > MAX_SIGNATURES) {
    throw new Refusal("signatures", `${envelope.signatures.length} signatures, at most ${MAX_SIGNATURES} are allowed`);
  }
  return envelope;
}

/** Distinct public keys of the role that have signed. A signature whose key id names none of its keys counts nothing. */
export function signers(envelope, role) {
  const message = pae(envelope.payloadType, envelope.payload);
  const found = new Set();
  for (const { keyId, signature } of envelope.signatures) {
    const key = role.keys.get(hex(keyId));
    if (key && isSignedBy(key, message, signature)) found.add(hex(keyId));
  }
  return found;
}

function isSignedBy({ algorithm, publicKey }, message, signature) {
  const { hash, signatureBytes } = ALGORITHMS[algorithm];
  const [shortest, longest] = signatureBytes;
  return signature.length >= shortest && signature.length <= longest && verify(hash, message, publicKey, signature);
}

export function demandThreshold(envelope, role) {
  const count = signers(envelope, role).size;
  if (count < role.threshold) {
    throw new Refusal("threshold", `signed by ${count} keys of role ${role.name}, ${role.threshold} are needed`);
  }
}
