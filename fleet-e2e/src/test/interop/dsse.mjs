// Signatures: pre-authentication encoding, keys, roles with thresholds (docs/protocol.md, section 6).
import { createHash, createPublicKey, verify } from "node:crypto";
import { MAX_PAYLOAD_BYTES, decode, hex } from "./wire.mjs";

export const MAX_SIGNATURES = 16;
export const MAX_KEYS = 16;
const SIGNATURE_BYTES = 64;
const KEY_ID_BYTES = 16;
const SPKI_BYTES = 44;
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

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
export function readRole(name, role) {
  if (!role) throw new Refusal("role", `the root names no ${name} role`);
  if (role.keys.length > MAX_KEYS) {
    throw new Refusal("role", `role ${name} has ${role.keys.length} keys, at most ${MAX_KEYS} are allowed`);
  }
  const keys = new Map();
  for (const { algorithm, spki } of role.keys) {
    if (algorithm !== "ED25519") throw new Refusal("role", `role ${name} has a key of algorithm ${algorithm}`);
    if (spki.length !== SPKI_BYTES || !spki.subarray(0, SPKI_PREFIX.length).equals(SPKI_PREFIX)) {
      throw new Refusal("role", `role ${name} has a key that is not spelt as an Ed25519 SubjectPublicKeyInfo of 44 bytes`);
    }
    keys.set(hex(keyId(spki)), createPublicKey({ key: spki, format: "der", type: "spki" }));
  }
  if (role.threshold < 1 || role.threshold > keys.size) {
    throw new Refusal("role", `role ${name} asks for ${role.threshold} signatures and has ${keys.size} distinct keys`);
  }
  return { name, keys, threshold: role.threshold };
}

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
    if (key && signature.length === SIGNATURE_BYTES && verify(null, message, key, signature)) found.add(hex(keyId));
  }
  return found;
}

export function demandThreshold(envelope, role) {
  const count = signers(envelope, role).size;
  if (count < role.threshold) {
    throw new Refusal("threshold", `signed by ${count} keys of role ${role.name}, ${role.threshold} are needed`);
  }
}
