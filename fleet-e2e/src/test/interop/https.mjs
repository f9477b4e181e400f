// Ranges of a blob over HTTPS, by a link that the server has lent (docs/protocol.md, section 5).
import { CHUNK_BYTES } from "./wire.mjs";

const CHUNKS_A_REQUEST = 16;
const REQUEST_LIMIT_MILLIS = 60_000;

/** 401 or 403: another link is needed. */
export class LinkEnded extends Error {}

const pause = (millis) => new Promise((resolve) => setTimeout(resolve, millis));

function checked(url) {
  const { protocol, hostname } = new URL(url);
  const isHere = ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
  if (protocol !== "https:" && !(protocol === "http:" && isHere)) throw new Error(`the link ${url} is neither https nor this machine`);
  return url;
}

/** The first missing chunks that follow each other, as [first, count]. */
function firstRun(missing) {
  const [first] = missing;
  let count = 1;
  while (count < CHUNKS_A_REQUEST && missing.has(first + count)) count++;
  return [first, count];
}

/**
 * Fetches until nothing is missing.
 *
 * @param take as for chunks that come over MQTT; a wrong one ends the way
 */
export async function fetchByLink({ url, token }, size, missing, { signal, take, delayMillis }) {
  while (missing.size > 0) {
    const [first, count] = firstRun(missing);
    const from = first * CHUNK_BYTES;
    const to = Math.min(size, (first + count) * CHUNK_BYTES) - 1;
    await pause(delayMillis(to - from + 1));
    const bytes = await fetchRange(checked(url), token, from, to, size, signal);
    for (let index = first; index < first + count; index++) {
      const data = bytes.subarray((index - first) * CHUNK_BYTES, (index - first + 1) * CHUNK_BYTES);
      if (take({ index, data }) === "wrong") throw new Error(`chunk ${index} is wrong`);
      missing.delete(index);
    }
  }
}

async function fetchRange(url, token, from, to, size, signal) {
  const response = await fetch(url, {
    headers: { Range: `bytes=${from}-${to}`, ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    redirect: "error",
    signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_LIMIT_MILLIS)]),
  });
  if (response.status === 401 || response.status === 403) throw new LinkEnded(`the link answers ${response.status}`);
  const range = response.headers.get("Content-Range");
  if (response.status !== 206 || range !== `bytes ${from}-${to}/${size}`) {
    await response.body?.cancel();
    throw new Error(`asked for bytes ${from}-${to}/${size}, got ${response.status} with '${range}'`);
  }
  const bytes = Buffer.alloc(to - from + 1);
  let filled = 0;
  for await (const piece of response.body) {
    if (filled + piece.length > bytes.length) throw new Error("more bytes than the range has");
    bytes.set(piece, filled);
    filled += piece.length;
  }
  if (filled !== bytes.length) throw new Error(`${filled} bytes of ${bytes.length}`);
  return bytes;
}
