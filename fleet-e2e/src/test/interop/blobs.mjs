// Blobs: asked for chunk by chunk, each verified before it is written (docs/protocol.md, section 5).
import { createHash } from "node:crypto";
import { closeSync, constants, createReadStream, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { Refusal, sha256 } from "./dsse.mjs";
import { moveSafely, writeSafely } from "./store.mjs";
import { CHUNK_BYTES, DIGEST_BYTES, MAX_RANGES, MAX_WINDOW_CHUNKS, decode, encode, hex } from "./wire.mjs";

const FIRST_SILENCE_MILLIS = 3_000;
const LONGEST_SILENCE_MILLIS = 60_000;

const chunkCount = (size) => Math.ceil(size / CHUNK_BYTES);
const chunkLength = (size, index) => Math.min(CHUNK_BYTES, size - index * CHUNK_BYTES);

/** Missing indexes as ranges, at most as many as one `Need` may hold. */
export function ranges(missing) {
  const found = [];
  for (const index of missing) {
    const last = found.at(-1);
    if (last && last.first + last.count === index) last.count++;
    else if (found.length === MAX_RANGES) break;
    else found.push({ first: index, count: 1 });
  }
  return found;
}

export class Blobs {
  #home;
  #publishNeed;
  #waiting = new Map();

  constructor(home, publishNeed) {
    this.#home = home;
    this.#publishNeed = publishNeed;
  }

  path(digest) {
    return this.#home.file("blobs", hex(digest));
  }

  /** The file, if it is held and whole. */
  async held(digest) {
    if (!this.#home.has("blobs", hex(digest))) return false;
    const hash = createHash("sha256");
    for await (const part of createReadStream(this.path(digest))) hash.update(part);
    if (hash.digest().equals(digest)) return true;
    this.#home.remove("blobs", hex(digest));
    return false;
  }

  read(digest) {
    return this.#home.read("blobs", hex(digest));
  }

  keep(digest, bytes) {
    writeSafely(this.path(digest), bytes);
  }

  onChunk(bytes) {
    const chunk = decode("Chunk", bytes);
    this.#waiting.get(hex(chunk.blobSha256))?.(chunk);
  }

  /** After a new connection: nobody remembers what was asked for. */
  askAgain() {
    for (const take of this.#waiting.values()) take(null);
  }

  /**
   * Collects chunks until none is missing.
   *
   * @param take (chunk) => boolean: true when it was right and new
   */
  #collect({ sha256: digest, size }, missing, attemptId, signal, take) {
    if (missing.size === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      let silence = FIRST_SILENCE_MILLIS;
      let expected = new Set();
      let timer = null;
      const end = (settle, value) => {
        clearTimeout(timer);
        this.#waiting.delete(hex(digest));
        settle(value);
      };
      const ask = () => {
        if (signal.aborted) return end(reject, signal.reason);
        expected = new Set([...missing].slice(0, MAX_WINDOW_CHUNKS));
        this.#publishNeed(
          encode("Need", { blobSha256: digest, ranges: ranges(missing), window: MAX_WINDOW_CHUNKS, attemptId }),
        );
        clearTimeout(timer);
        timer = setTimeout(ask, silence);
        silence = Math.min(silence * 2, LONGEST_SILENCE_MILLIS);
      };
      this.#waiting.set(hex(digest), (chunk) => {
        if (chunk === null) {
          silence = FIRST_SILENCE_MILLIS;
          return ask();
        }
        if (chunk.refusal) return end(reject, new Refusal("blob-unavailable", `the server refused ${hex(digest)}: ${chunk.refusal}`));
        if (chunk.blobSize !== size) return undefined;
        if (take(chunk)) {
          missing.delete(chunk.index);
          silence = FIRST_SILENCE_MILLIS;
        }
        expected.delete(chunk.index);
        if (missing.size === 0) return end(resolve);
        if (expected.size === 0) ask();
        return undefined;
      });
      signal.addEventListener("abort", () => end(reject, signal.reason), { once: true });
      ask();
    });
  }

  /** Fetches a small blob into memory; it is verified as a whole, at most twice. */
  async fetchWhole(ref, attemptId, signal) {
    for (let attempt = 1; ; attempt++) {
      const bytes = Buffer.alloc(ref.size);
      const missing = new Set(Array.from({ length: chunkCount(ref.size) }, (_, index) => index));
      await this.#collect(ref, missing, attemptId, signal, ({ index, data }) => {
        if (!missing.has(index) || data.length !== chunkLength(ref.size, index)) return false;
        data.copy(bytes, index * CHUNK_BYTES);
        return true;
      });
      if (sha256(bytes).equals(ref.sha256)) return bytes;
      if (attempt === 2) throw new Refusal("blob-refused", `the bytes of ${hex(ref.sha256)} are others than its digest says`);
    }
  }

  /**
   * Fetches a blob into its file, going on with the part file of an earlier start.
   *
   * @param counts {written, repeated, refused}, counted up
   * @param progress (bytesDone) => void
   */
  async fetchFile(ref, listRef, { attemptId, signal, counts, progress }) {
    const total = chunkCount(ref.size);
    const hashes = await this.#chunkHashes(ref, listRef, total, attemptId, signal);
    const part = this.#home.file("parts", hex(ref.sha256));
    const file = openSync(part, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      const missing = missingChunks(file, ref.size, hashes);
      counts.written = Math.max(counts.written, total - missing.size);
      let done = ref.size - [...missing].reduce((sum, index) => sum + chunkLength(ref.size, index), 0);
      progress(done);
      await this.#collect(ref, missing, attemptId, signal, ({ index, data }) => {
        const right = index < total && data.length === chunkLength(ref.size, index) && sha256(data).equals(hashes[index]);
        if (!right) counts.refused++;
        // A chunk that came twice over the link is not written again.
        if (!right || !missing.has(index)) return false;
        writeSync(file, data, 0, data.length, index * CHUNK_BYTES);
        counts.written++;
        counts.repeated = Math.max(0, counts.written - total);
        done += data.length;
        progress(done);
        return true;
      });
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    const hash = createHash("sha256");
    for await (const piece of createReadStream(part)) hash.update(piece);
    if (!hash.digest().equals(ref.sha256)) {
      this.#home.remove("parts", hex(ref.sha256));
      throw new Refusal("blob-refused", `the chunks of ${hex(ref.sha256)} are right and the whole is not`);
    }
    moveSafely(part, this.path(ref.sha256));
  }

  async #chunkHashes(ref, listRef, total, attemptId, signal) {
    if (total === 1) return [ref.sha256];
    if (!listRef) throw new Refusal("bad-chunk-list", `the encoding of ${total} chunks names no chunk list`);
    if (listRef.size !== total * DIGEST_BYTES) {
      throw new Refusal("bad-chunk-list", `the chunk list has ${listRef.size} bytes, ${total} chunks need ${total * DIGEST_BYTES}`);
    }
    const list = await this.fetchWhole(listRef, attemptId, signal);
    return Array.from({ length: total }, (_, index) => list.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES));
  }
}

/** Hashes every place of the part file: what a power cut has left half written is missing. */
function missingChunks(file, size, hashes) {
  const missing = new Set();
  const buffer = Buffer.alloc(CHUNK_BYTES);
  hashes.forEach((hash, index) => {
    const length = chunkLength(size, index);
    const read = readSync(file, buffer, 0, length, index * CHUNK_BYTES);
    if (read !== length || !sha256(buffer.subarray(0, length)).equals(hash)) missing.add(index);
  });
  return missing;
}
