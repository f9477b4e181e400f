// Blobs: asked for chunk by chunk, each verified before it is written (docs/protocol.md, section 5).
import { createHash } from "node:crypto";
import { closeSync, constants, createReadStream, fsyncSync, openSync, readSync, writeSync } from "node:fs";
import { Refusal, sha256 } from "./dsse.mjs";
import { LinkEnded, fetchByLink } from "./https.mjs";
import { moveSafely, writeSafely } from "./store.mjs";
import { CHUNK_BYTES, DIGEST_BYTES, MAX_RANGES, MAX_WINDOW_CHUNKS, decode, encode, hex } from "./wire.mjs";

const OWN = { firstSilenceMillis: 3_000, longestSilenceMillis: 60_000, maxSilences: Number.POSITIVE_INFINITY, maxWrong: 1_000 };
const SHARED = { firstSilenceMillis: 6_000, longestSilenceMillis: 6_000, maxSilences: 3, maxWrong: 3 };
const MIN_SHARED_BYTES = 1024 * 1024;
const MIN_LINK_BYTES = 32 * 1024 * 1024;
const LINK_SILENCE = { firstSilenceMillis: 3_000, longestSilenceMillis: 3_000, maxSilences: 3, maxWrong: 1 };
const MAX_LINKS = 10;
const BLOB22_BYTES = 16;

/** A way to the chunks has come to its end without them; the next one is tried. */
class NoWay extends Error {}

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

/** Keeps what is asked for under a number of bytes a second; 0 is no limit. */
class Pace {
  #bytesPerSecond;
  #freeAt = 0;

  constructor(bytesPerSecond) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Milliseconds to wait before that many bytes may be asked for. */
  delayMillis(bytes) {
    if (this.#bytesPerSecond === 0) return 0;
    const now = performance.now();
    const start = Math.max(now, this.#freeAt);
    this.#freeAt = start + (bytes * 1000) / this.#bytesPerSecond;
    return start - now;
  }
}

const UNPACED = new Pace(0);

export class Blobs {
  #home;
  #link;
  #waiting = new Map();

  /** @param link {send(leaf, bytes), subscribe(topic) => Promise, unsubscribe(topic)} */
  constructor(home, link) {
    this.#home = home;
    this.#link = link;
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
   * @param need what goes into each `Need` beside blob and attempt; `prepare` is awaited before the first and after each
   *     new connection
   * @param take (chunk) => "written", "known" or "wrong"
   */
  #collect(ref, missing, { attemptId, signal, take, patience = OWN, pace = UNPACED, need = {}, prepare }) {
    if (missing.size === 0) return Promise.resolve();
    const name = hex(ref.sha256);
    return new Promise((resolve, reject) => {
      let silence = patience.firstSilenceMillis;
      let silences = 0;
      let wrong = 0;
      let expected = new Set();
      let timer = null;
      const end = (settle, value) => {
        clearTimeout(timer);
        this.#waiting.delete(name);
        settle(value);
      };
      const listen = () => {
        clearTimeout(timer);
        timer = setTimeout(() => {
          silences++;
          silence = Math.min(silence * 2, patience.longestSilenceMillis);
          if (silences >= patience.maxSilences) end(reject, new NoWay(`${silences} times silence`));
          else ask();
        }, silence);
      };
      const send = () => {
        const bytes = encode("Need", { blobSha256: ref.sha256, ranges: ranges(missing), window: MAX_WINDOW_CHUNKS, attemptId, ...need });
        this.#link.send("out/need", bytes);
        listen();
      };
      const ask = () => {
        const wanted = [...missing];
        expected = new Set(need.shared ? wanted : wanted.slice(0, MAX_WINDOW_CHUNKS));
        const delay = pace.delayMillis(expected.size * CHUNK_BYTES);
        clearTimeout(timer);
        if (delay > 0) timer = setTimeout(send, delay);
        else send();
      };
      const begin = () => (prepare ? prepare().then(ask, (failure) => end(reject, new NoWay(failure.message))) : ask());
      this.#waiting.set(name, (chunk) => {
        if (chunk === null) {
          silence = patience.firstSilenceMillis;
          return begin();
        }
        if (chunk.refusal) return end(reject, new Refusal("blob-unavailable", `the server refused ${name}: ${chunk.refusal}`));
        // What brings a link is about the blob, not a piece of it, and says no size.
        const found = chunk.link || chunk.blobSize === ref.size ? take(chunk) : "wrong";
        expected.delete(chunk.index);
        if (found === "wrong" && ++wrong >= patience.maxWrong) return end(reject, new NoWay(`${wrong} wrong chunks`));
        if (found === "written") {
          missing.delete(chunk.index);
          silence = patience.firstSilenceMillis;
          silences = 0;
        }
        if (missing.size === 0) return end(resolve);
        return expected.size === 0 ? ask() : listen();
      });
      if (signal.aborted) return end(reject, signal.reason);
      signal.addEventListener("abort", () => end(reject, signal.reason), { once: true });
      return begin();
    });
  }

  /** A small blob that is kept once it is held: going back must need no download. */
  async small(ref, attemptId, signal) {
    if (await this.held(ref.sha256)) return this.read(ref.sha256);
    const bytes = await this.fetchWhole(ref, attemptId, signal);
    writeSafely(this.path(ref.sha256), bytes);
    return bytes;
  }

  /** Fetches a small blob into memory; it is verified as a whole, at most twice. */
  async fetchWhole(ref, attemptId, signal) {
    for (let attempt = 1; ; attempt++) {
      const bytes = Buffer.alloc(ref.size);
      const missing = new Set(Array.from({ length: chunkCount(ref.size) }, (_, index) => index));
      const take = ({ index, data }) => {
        if (!missing.has(index)) return "known";
        if (data.length !== chunkLength(ref.size, index)) return "wrong";
        data.copy(bytes, index * CHUNK_BYTES);
        return "written";
      };
      await this.#collect(ref, missing, { attemptId, signal, take });
      if (sha256(bytes).equals(ref.sha256)) return bytes;
      if (attempt === 2) throw new Refusal("blob-refused", `the bytes of ${hex(ref.sha256)} are others than its digest says`);
    }
  }

  /**
   * Fetches an encoding's blob into its file, going on with the part file of an earlier start.
   *
   * @param options attemptId, signal; counts {written, repeated, refused}, counted up; progress (bytesDone) => void;
   *     policy of the document or null; mayGoOn (bytesLeft) => Promise, which waits as long as the policy forbids the fetch
   */
  async fetchFile({ blob: ref, chunkList, sharedOffered }, options) {
    const { attemptId, signal, counts, progress, policy, mayGoOn } = options;
    const total = chunkCount(ref.size);
    const hashes = await this.#chunkHashes(ref, chunkList, total, attemptId, signal);
    const part = this.#home.file("parts", hex(ref.sha256));
    const file = openSync(part, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      const missing = missingChunks(file, ref.size, hashes);
      counts.written = Math.max(counts.written, total - missing.size);
      let done = ref.size - [...missing].reduce((sum, index) => sum + chunkLength(ref.size, index), 0);
      progress(done);
      await mayGoOn(ref.size - done);
      const take = ({ index, data }) => {
        const right = index < total && data.length === chunkLength(ref.size, index) && sha256(data).equals(hashes[index]);
        if (!right) {
          counts.refused++;
          return "wrong";
        }
        // A chunk that came twice over the link is not written again.
        if (!missing.has(index)) return "known";
        writeSync(file, data, 0, data.length, index * CHUNK_BYTES);
        counts.written++;
        counts.repeated = Math.max(0, counts.written - total);
        done += data.length;
        progress(done);
        return "written";
      };
      await this.#byAnyWay(ref, missing, sharedOffered, policy(), { attemptId, signal, take });
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

  /** Shared or by HTTPS where that is for this blob, and whatever goes wrong there: as its own chunks. */
  async #byAnyWay(ref, missing, sharedOffered, policy, { attemptId, signal, take }) {
    const { maxBytesPerSecond, metered, preferHttps } = policy ?? { maxBytesPerSecond: 0, metered: false, preferHttps: false };
    const pace = new Pace(maxBytesPerSecond);
    const isShared =
      sharedOffered &&
      ref.size > MIN_SHARED_BYTES &&
      missing.size > chunkCount(ref.size) / 2 &&
      maxBytesPerSecond === 0 &&
      !metered &&
      !preferHttps;
    try {
      if (isShared) return await this.#shared(ref, missing, { attemptId, signal, take });
      if (preferHttps || (ref.size > MIN_LINK_BYTES && !sharedOffered)) {
        return await this.#byLink(ref, missing, { attemptId, signal, take, pace });
      }
    } catch (failure) {
      if (!(failure instanceof NoWay)) throw failure;
      console.log(`blob ${hex(ref.sha256)}: ${failure.message}; the rest comes as chunks of its own`);
    }
    return await this.#collect(ref, missing, { attemptId, signal, take, pace });
  }

  async #shared(ref, missing, { attemptId, signal, take }) {
    const topic = `fleet/v1/b/${ref.sha256.subarray(0, BLOB22_BYTES).toString("base64url")}`;
    const prepare = () => this.#link.subscribe(topic);
    try {
      await this.#collect(ref, missing, { attemptId, signal, take, patience: SHARED, need: { shared: true }, prepare });
      console.log(`blob ${hex(ref.sha256)}: came by the shared topic`);
    } finally {
      this.#link.unsubscribe(topic);
    }
  }

  async #byLink(ref, missing, { attemptId, signal, take, pace }) {
    for (let asked = 0; missing.size > 0; asked++) {
      if (asked === MAX_LINKS) throw new NoWay(`${asked} links have ended`);
      const link = await this.#askForLink(ref, attemptId, signal);
      try {
        await fetchByLink(link, ref.size, missing, { signal, take, delayMillis: (bytes) => pace.delayMillis(bytes) });
      } catch (failure) {
        if (signal.aborted) throw signal.reason;
        if (!(failure instanceof LinkEnded)) throw new NoWay(failure.message);
      }
    }
    console.log(`blob ${hex(ref.sha256)}: came by its link`);
  }

  async #askForLink(ref, attemptId, signal) {
    let link = null;
    const need = { wantLink: true, ranges: [], window: 0 };
    const take = (chunk) => {
      link = chunk.link;
      return link ? "written" : "known";
    };
    try {
      await this.#collect(ref, new Set([0]), { attemptId, signal, take, patience: LINK_SILENCE, need });
    } catch (failure) {
      throw failure instanceof Refusal ? new NoWay(failure.message) : failure;
    }
    return link;
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
