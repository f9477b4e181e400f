// Messages of the protocol, read from the .proto files themselves.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import protobuf from "protobufjs";

export const MAX_PAYLOAD_BYTES = 65_536;
export const CHUNK_BYTES = 49_152;
export const MAX_WINDOW_CHUNKS = 8;
export const MAX_RANGES = 64;
export const MAX_CHUNK_LIST_BYTES = 4 * 1024 * 1024;
export const MAX_SELF_TEST_BYTES = 4 * 1024 * 1024;
export const MAX_SLOTS = 16;
export const MAX_VARIANTS = 64;
export const DIGEST_BYTES = 32;
export const ID_BYTES = 16;

const PROTO_FOLDER = "fleet-protocol/src/main/proto";

function protoFolder() {
  const here = dirname(fileURLToPath(import.meta.url));
  for (let folder = here; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, PROTO_FOLDER))) return join(folder, PROTO_FOLDER);
  }
  throw new Error(`no folder above ${here} has ${PROTO_FOLDER}; run this inside a checkout`);
}

const folder = protoFolder();
const schema = new protobuf.Root();
schema.resolvePath = (_origin, target) => (target.startsWith(folder) ? target : join(folder, target));
schema.loadSync("tinyfleet/v1/messages.proto");

/** The protobufjs type of a message of the protocol. */
export const type = (name) => schema.lookupType(`tinyfleet.v1.${name}`);

/** Writes a message; absent fields are left out. */
export function encode(name, fields) {
  return Buffer.from(type(name).encode(type(name).fromObject(fields)).finish());
}

/**
 * Reads a message of at most `limit` bytes into plain values: numbers for 64-bit integers, Buffers for bytes, names for
 * enums, null for an absent message. What is malformed or too large is an Error with a sentence.
 */
export function decode(name, bytes, limit = MAX_PAYLOAD_BYTES) {
  if (bytes.length > limit) throw new Error(`${name} has ${bytes.length} bytes, at most ${limit} are allowed`);
  let message;
  try {
    message = type(name).decode(bytes);
  } catch (malformed) {
    throw new Error(`${name} cannot be read: ${malformed.message}`);
  }
  return type(name).toObject(message, {
    longs: Number,
    enums: String,
    bytes: Buffer,
    defaults: true,
    arrays: true,
    objects: true,
    oneofs: true,
  });
}

export const hex = (bytes) => Buffer.from(bytes).toString("hex");
