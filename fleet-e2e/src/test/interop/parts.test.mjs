// Downloads and the outbox, without a server. Run with: npm run check
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

const CHUNKS = 20;
const MODEL = Buffer.alloc((CHUNKS - 1) * CHUNK_BYTES + 100, 7);
for (let index = 0; index < CHUNKS; index++) MODEL.writeUInt32BE(index, index * CHUNK_BYTES);
const chunkOf = (blob, index) => blob.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);
const LIST = Buffer.concat(Array.from({ length: CHUNKS }, (_, index) => sha256(chunkOf(MODEL, index))));
const ref = (bytes) => ({ sha256: sha256(bytes), size: bytes.length });

/** A server that answers each need at once, and lets a test spoil what it sends. */
function serve(spoil = (chunk) => [chunk], held = [MODEL, LIST], spoilList = (chunk) => chunk) {
  const needs = [];
  const blobs = new Blobs(home, (bytes) => {
    const need = decode("Need", bytes);
    needs.push(need);
    const blob = held.find((each) => sha256(each).equals(need.blobSha256));
    const wanted = need.ranges.flatMap(({ first, count }) => Array.from({ length: count }, (_, at) => first + at));
    setImmediate(() => {
      for (const index of wanted.slice(0, need.window)) {
        const chunk = { blobSha256: need.blobSha256, index, data: chunkOf(blob, index), blobSize: blob.length };
        for (const sent of blob === MODEL ? spoil(chunk) : [spoilList(chunk)]) blobs.onChunk(encode("Chunk", sent));
      }
    });
    return true;
  });
  return { blobs, needs };
}

async function download(blobs, counts = { written: 0, repeated: 0, refused: 0 }) {
  const options = { attemptId: Buffer.alloc(16), signal: new AbortController().signal, counts, progress: () => {} };
  await blobs.fetchFile(ref(MODEL), ref(LIST), options);
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
  const { blobs, needs } = serve();
  await download(blobs);
  const asked = needs.filter(({ blobSha256 }) => blobSha256.equals(sha256(MODEL)));
  assert.deepEqual(asked[0].ranges, [
    { first: 5, count: 1 },
    { first: 12, count: CHUNKS - 12 },
  ]);
});

test("a chunk list of another length or other bytes is refused", async () => {
  const signal = new AbortController().signal;
  const options = { attemptId: Buffer.alloc(16), signal, counts: {}, progress: () => {} };
  const short = LIST.subarray(32);
  await assert.rejects(serve().blobs.fetchFile(ref(MODEL), ref(short), options), { rule: "bad-chunk-list" });
  await assert.rejects(serve().blobs.fetchFile(ref(MODEL), null, options), { rule: "bad-chunk-list" });
  const { blobs } = serve(undefined, [MODEL, LIST], (chunk) => ({ ...chunk, data: Buffer.alloc(chunk.data.length) }));
  await assert.rejects(blobs.fetchFile(ref(MODEL), ref(LIST), options), { rule: "blob-refused" });
});

test("a blob that the server does not hold ends the download", async () => {
  const { blobs } = serve(({ blobSha256 }) => [{ blobSha256, refusal: "unknown-blob" }]);
  await assert.rejects(download(blobs), { rule: "blob-unavailable" });
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
