// Downloads and the outbox, without a server. Run with: npm run check
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { Blobs, ranges } from "./blobs.mjs";
import { sha256 } from "./dsse.mjs";
import { MAX_KEPT, Outbox } from "./outbox.mjs";
import { Home } from "./store.mjs";
import { CHUNK_BYTES, MAX_RANGES, MAX_WINDOW_CHUNKS, decode, encode, hex } from "./wire.mjs";

let folder;
let home;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "interop-"));
  home = new Home(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

// ---- downloads --------------------------------------------------------------------------------

// Over 1 MiB, as only such blobs are sent to all.
const CHUNKS = 23;
const MODEL = Buffer.alloc((CHUNKS - 1) * CHUNK_BYTES + 100, 7);
for (let index = 0; index < CHUNKS; index++) MODEL.writeUInt32BE(index, index * CHUNK_BYTES);
const chunkOf = (blob, index) => blob.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
const LIST = Buffer.concat(Array.from({ length: CHUNKS }, (_, index) => sha256(chunkOf(MODEL, index))));
const ref = (bytes) => ({ sha256: sha256(bytes), size: bytes.length });

/** A server that answers each need at once, and lets a test spoil what it sends. */
function serve(spoil = (chunk) => [chunk], { held = [MODEL, LIST], spoilList = (chunk) => chunk, link = null } = {}) {
  const needs = [];
  const topics = [];
  const answer = (need) => {
    const blob = held.find((each) => sha256(each).equals(need.blobSha256));
    const about = { blobSha256: need.blobSha256, blobSize: blob.length };
    if (need.wantLink) return [{ blobSha256: need.blobSha256, ...(link ? { link } : { refusal: "no-link" }) }];
    const wanted = need.ranges.flatMap(({ first, count }) => Array.from({ length: count }, (_, at) => first + at));
    return wanted.slice(0, need.shared ? wanted.length : need.window).flatMap((index) => {
      const chunk = { ...about, index, data: chunkOf(blob, index) };
      return blob === MODEL ? spoil(chunk, need) : [spoilList(chunk)];
    });
  };
  const blobs = new Blobs(home, {
    send(_leaf, bytes) {
      const need = decode("Need", bytes);
      needs.push(need);
      setImmediate(() => answer(need).forEach((chunk) => blobs.onChunk(encode("Chunk", chunk))));
      return true;
    },
    subscribe: async (topic) => topics.push(topic),
    unsubscribe: (topic) => topics.push(`-${topic}`),
  });
  const ofModel = () => needs.filter(({ blobSha256 }) => blobSha256.equals(sha256(MODEL)));
  return { blobs, needs, topics, ofModel };
}

const newOptions = () => ({
  attemptId: Buffer.alloc(16),
  signal: new AbortController().signal,
  counts: { written: 0, repeated: 0, refused: 0 },
  progress: () => {},
  policy: () => null,
  mayGoOn: async () => {},
});
const encoding = (more) => ({ blob: ref(MODEL), chunkList: ref(LIST), sharedOffered: false, ...more });

async function download(blobs, more, policy = null) {
  const options = { ...newOptions(), policy: () => policy };
  const { counts } = options;
  await blobs.fetchFile(encoding(more), options);
  assert.ok(readFileSync(blobs.path(sha256(MODEL))).equals(MODEL));
  return counts;
}

test("a model comes in windows of eight chunks", async () => {
  const { blobs, needs } = serve();
  assert.deepEqual(await download(blobs), { written: CHUNKS, repeated: 0, refused: 0 });
  assert.equal(needs.length, 1 + Math.ceil(CHUNKS / MAX_WINDOW_CHUNKS));
});

test("a chunk with a changed byte, of another length or index is dropped, counted and asked for again", async () => {
  const changed = Buffer.from(chunkOf(MODEL, 3));
  changed[100] ^= 1;
  let spoilt = 0;
  const { blobs } = serve((chunk) => {
    if (chunk.index !== 3 || spoilt++ > 0) return [chunk];
    return [
      { ...chunk, data: changed },
      { ...chunk, data: chunk.data.subarray(1) },
      { ...chunk, data: chunkOf(MODEL, 4) },
    ];
  });
  assert.deepEqual(await download(blobs), { written: CHUNKS, repeated: 0, refused: 3 });
});

test("a chunk that comes twice is written once", async () => {
  const { blobs } = serve((chunk) => [chunk, chunk]);
  assert.deepEqual(await download(blobs), { written: CHUNKS, repeated: 0, refused: 0 });
});

test("after a power cut only what is missing or torn is asked for", async () => {
  const part = Buffer.from(MODEL.subarray(0, 12 * CHUNK_BYTES));
  part.fill(0, 5 * CHUNK_BYTES + 10, 6 * CHUNK_BYTES);
  writeFileSync(home.file("parts", hex(sha256(MODEL))), part);
  const { blobs, ofModel } = serve();
  await download(blobs);
  assert.deepEqual(ofModel()[0].ranges, [
    { first: 5, count: 1 },
    { first: 12, count: CHUNKS - 12 },
  ]);
});

test("a chunk list of another length or other bytes is refused", async () => {
  const options = newOptions();
  const short = { chunkList: ref(LIST.subarray(32)) };
  await assert.rejects(serve().blobs.fetchFile(encoding(short), options), { rule: "bad-chunk-list" });
  await assert.rejects(serve().blobs.fetchFile(encoding({ chunkList: null }), options), { rule: "bad-chunk-list" });
  const { blobs } = serve(undefined, { spoilList: (chunk) => ({ ...chunk, data: Buffer.alloc(32 * CHUNKS) }) });
  await assert.rejects(blobs.fetchFile(encoding(), options), { rule: "blob-refused" });
});

test("a blob that the server does not hold ends the download", async () => {
  const { blobs } = serve(({ blobSha256 }) => [{ blobSha256, refusal: "unknown-blob" }]);
  await assert.rejects(download(blobs), { rule: "blob-unavailable" });
});

test("a blob on offer to all is asked for once, on its topic", async () => {
  const { blobs, topics, ofModel } = serve();
  await download(blobs, { sharedOffered: true });
  const topic = `fleet/v1/b/${sha256(MODEL).subarray(0, 16).toString("base64url")}`;
  assert.deepEqual(topics, [topic, `-${topic}`]);
  assert.deepEqual(ofModel().map(({ shared, ranges: asked }) => [shared, asked]), [[true, [{ first: 0, count: CHUNKS }]]]);
});

test("wrong chunks for all make the device leave the topic and ask for its own", async () => {
  const { blobs, topics, ofModel } = serve((chunk, need) => [need.shared ? { ...chunk, data: Buffer.alloc(10) } : chunk]);
  const { written, refused } = await download(blobs, { sharedOffered: true });
  assert.deepEqual([written, refused, topics.length], [CHUNKS, 3, 2]);
  assert.equal(ofModel()[1].shared, false);
});

test("with a cap or a metered link nothing is taken from the topic for all", async () => {
  for (const limit of [{ maxBytesPerSecond: 100e6 }, { metered: true }]) {
    const { blobs, topics } = serve();
    rmSync(home.file("parts", hex(sha256(MODEL))), { force: true });
    await download(blobs, { sharedOffered: true }, { maxBytesPerSecond: 0, metered: false, preferHttps: false, ...limit });
    assert.deepEqual(topics, []);
  }
});

test("a cap spreads what is asked for", async () => {
  const { blobs } = serve();
  const started = performance.now();
  await download(blobs, {}, { maxBytesPerSecond: MODEL.length * 2, metered: false, preferHttps: false });
  assert.ok(performance.now() - started > 200, `${performance.now() - started} ms`);
});

const HTTPS = { maxBytesPerSecond: 0, metered: false, preferHttps: true };

async function withHttp(answer, use) {
  const server = createServer((request, response) => {
    const [, first, last] = request.headers.range.match(/^bytes=(\d+)-(\d+)$/).map(Number);
    answer(request, response, first, last);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await use({ url: `http://127.0.0.1:${server.address().port}/blobs/x`, token: "secret", expiresAtMillis: 0 });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

function range(response, first, last, bytes = MODEL.subarray(first, last + 1)) {
  response.writeHead(206, { "Content-Range": `bytes ${first}-${last}/${MODEL.length}` }).end(bytes);
}

test("a link is used with its token, and an ended one is asked for again", async () => {
  const seen = [];
  const answer = (request, response, first, last) => {
    seen.push(request.headers.authorization);
    if (seen.length === 2) response.writeHead(401).end();
    else range(response, first, last);
  };
  await withHttp(answer, async (link) => {
    const { blobs, ofModel } = serve(undefined, { link });
    await download(blobs, {}, HTTPS);
    assert.deepEqual(new Set(seen), new Set(["Bearer secret"]));
    assert.deepEqual(ofModel().map(({ wantLink }) => wantLink), [true, true]);
  });
});

for (const [what, answer] of [
  ["the whole instead of a range", (_request, response) => response.writeHead(200).end(MODEL)],
  ["another range", (_request, response, first, last) => range(response, first + 1, last + 1)],
  ["another chunk's bytes", (_request, response, first, last) => range(response, first, last, Buffer.alloc(last - first + 1))],
  ["a redirect", (_request, response) => response.writeHead(302, { Location: "/other" }).end()],
]) {
  test(`a link that answers with ${what} is left for chunks of its own`, async () => {
    await withHttp(answer, async (link) => {
      const { blobs, ofModel } = serve(undefined, { link });
      assert.equal((await download(blobs, {}, HTTPS)).written, CHUNKS);
      assert.equal(ofModel()[1].wantLink, false);
    });
  });
}

test("a link to elsewhere without TLS, or none, is left for chunks of its own", async () => {
  for (const link of [null, { url: "http://example.com/blobs/x", token: "", expiresAtMillis: 0 }]) {
    const { blobs } = serve(undefined, { link });
    rmSync(home.file("parts", hex(sha256(MODEL))), { force: true });
    assert.equal((await download(blobs, {}, HTTPS)).written, CHUNKS);
  }
});

test("another attempt ends a download", async () => {
  const stop = new AbortController();
  const { blobs } = serve(() => []);
  const waiting = blobs.fetchWhole(ref(MODEL), Buffer.alloc(16), stop.signal);
  stop.abort(new Error("superseded"));
  await assert.rejects(waiting, { message: "superseded" });
});

test("a need holds at most 64 ranges", () => {
  const holes = Array.from({ length: 200 }, (_, at) => at * 2);
  assert.equal(ranges(holes).length, MAX_RANGES);
});

// ---- the outbox -------------------------------------------------------------------------------

function outbox(boot = 3) {
  const sent = [];
  const box = new Outbox(home, boot, (stream, bytes) => sent.push({ stream, bytes, ...decode("Envelope", bytes) }));
  return { box, sent };
}
const ack = (marks, continueAboveBoot = 0) => encode("Ack", { marks, continueAboveBoot });

test("numbers begin at 1 in each stream", () => {
  const { box, sent } = outbox();
  for (const stream of ["STATE", "EVENT", "STATE"]) box.put(stream, Buffer.from("x"));
  assert.deepEqual(sent.map(({ stream, seq }) => `${stream} ${seq}`), ["STATE 1", "EVENT 1", "STATE 2"]);
});

test("what no mark covers goes out again after a start, with the same bytes", () => {
  const first = outbox();
  for (const text of ["one", "two", "three"]) first.box.put("EVENT", Buffer.from(text));
  first.box.onAck(ack([{ stream: "EVENT", bootCounter: 3, upTo: 1 }]));
  const second = outbox(4);
  second.box.resendAll();
  assert.deepEqual(second.sent.map(({ bytes }) => hex(bytes)), first.sent.slice(1).map(({ bytes }) => hex(bytes)));
});

test("a mark of another stream or boot covers nothing", () => {
  const { box } = outbox();
  box.put("EVENT", Buffer.from("x"));
  box.onAck(ack([{ stream: "TELEMETRY", bootCounter: 3, upTo: 9 }, { stream: "EVENT", bootCounter: 2, upTo: 9 }]));
  assert.equal(box.size, 1);
});

test("nothing is sent twice within its waiting time", () => {
  const { box, sent } = outbox();
  box.put("EVENT", Buffer.from("x"));
  box.sendDue(performance.now() + 29_000);
  assert.equal(sent.length, 1);
  box.sendDue(performance.now() + 31_000);
  box.sendDue(performance.now() + 62_000);
  assert.equal(sent.length, 2);
  box.sendDue(performance.now() + 92_000);
  assert.equal(sent.length, 3);
});

test("a server that knows a higher boot is believed, a lower one is not", () => {
  const { box, sent } = outbox(3);
  assert.equal(box.onAck(ack([], 2)), null);
  assert.equal(box.onAck(ack([], 8)), 8);
  box.continueAs(9);
  box.put("EVENT", Buffer.from("x"));
  assert.deepEqual([sent.at(-1).bootCounter, sent.at(-1).seq], [9, 1]);
});

test("a full outbox drops the oldest telemetry, says which, and keeps every event", { timeout: 60_000 }, () => {
  const few = 20;
  const box = new Outbox(home, 1, () => true, few);
  for (let at = 0; at < few / 2; at++) box.put("EVENT", Buffer.from("e"));
  for (let at = 0; at < few; at++) box.put("TELEMETRY", Buffer.from("t"));
  const kept = home.list("outbox");
  assert.equal(kept.length, few);
  assert.equal(kept.filter((name) => name.startsWith("EVENT")).length, few / 2);
  const skipped = kept
    .map((name) => decode("Envelope", home.read("outbox", name)))
    .filter(({ content }) => content === "skipped");
  assert.deepEqual(skipped.map(({ seq, skipped: { first, last } }) => [seq, first, last]), [[11, 1, 11]]);
  assert.ok(MAX_KEPT > few);
});
