// The golden messages, and what a device must refuse. Run with: npm run check
import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Refusal, keyId, openEnvelope, pae, payloadType, sha256 } from "./dsse.mjs";
import { Sketch, indexOf } from "./sketch.mjs";
import {
  modelInHeads,
  readRelease,
  verifyDesired,
  verifyFloors,
  verifyHeads,
  verifyNextRoot,
  verifyRelease,
  verifyRoot,
} from "./trust.mjs";
import { encode, hex, type } from "./wire.mjs";

const GOLDEN = "fleet-protocol/src/test/resources/golden/v1";
const AT = Date.parse("2026-03-01T12:00:00Z");
const DEVICE = "dev-7";
const SPKI_PREFIX_BYTES = 12;

function goldenFolder() {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, GOLDEN))) folder = dirname(folder);
  return join(folder, GOLDEN);
}

const golden = (name) => Buffer.from(readFileSync(join(goldenFolder(), `${name}.hex`), "utf8").replace(/\s/g, ""), "hex");

for (const file of readdirSync(goldenFolder()).filter((name) => name.endsWith(".hex"))) {
  const name = file.replace(/\.hex$/, "");
  test(`golden ${name} is read and written back byte for byte`, () => {
    const message = type(name.split("-")[0]);
    const bytes = golden(name);
    assert.equal(hex(message.encode(message.decode(bytes)).finish()), hex(bytes));
  });
}

const SIGNED = { root: golden("signed/root"), release: golden("signed/release"), desired: golden("signed/desired") };
const goldenContext = (more) => ({
  root: verifyRoot(SIGNED.root),
  deviceId: DEVICE,
  stored: null,
  nowMillis: AT,
  ...more,
});

test("the signed golden documents verify", () => {
  const { desired, isNew } = verifyDesired(SIGNED.desired, goldenContext());
  assert.equal(desired.deviceId, DEVICE);
  assert.ok(isNew);
  const slot = desired.slots.find((each) => !each.empty);
  const { variant } = verifyRelease(SIGNED.release, goldenReleaseContext());
  assert.deepEqual(variant.target.sha256, slot.variantSha256);
});

test("the example of the encoding before authentication", () => {
  const bytes = pae("http://example.com/HelloWorld", Buffer.from("hello world"));
  assert.equal(bytes.toString(), "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
});

for (const [name, check] of [
  ["root", (bytes) => verifyRoot(bytes)],
  ["desired", (bytes) => verifyDesired(bytes, goldenContext())],
  ["release", (bytes) => verifyRelease(bytes, goldenReleaseContext())],
]) {
  test(`a ${name} with any one byte changed is refused, or says the same as before`, () => {
    const payload = openEnvelope(SIGNED[name], name).payload;
    const signature = type("DsseEnvelope").decode(SIGNED[name]).signatures[0].signature;
    const within = (at, part) => at >= SIGNED[name].indexOf(part) && at < SIGNED[name].indexOf(part) + part.length;
    for (let at = 0; at < SIGNED[name].length; at++) {
      const changed = Buffer.from(SIGNED[name]);
      changed[at] ^= 0x01;
      try {
        check(changed);
      } catch (refusal) {
        assert.ok(refusal instanceof Refusal, `byte ${at}: ${refusal.stack}`);
        continue;
      }
      // The signature does not cover the envelope's own tags.
      assert.ok(!within(at, payload) && !within(at, Buffer.from(signature)), `byte ${at} is signed`);
      assert.deepEqual(openEnvelope(changed, name).payload, payload, `byte ${at}`);
    }
  });
}

const MODEL = "silero-vad";

function goldenReleaseContext() {
  const { desired } = verifyDesired(SIGNED.desired, goldenContext());
  const { variantSha256 } = desired.slots.find((each) => !each.empty);
  return { root: verifyRoot(SIGNED.root), model: MODEL, minSecurityVersion: 0, variantSha256 };
}

// ---- heads, floors, and the step to another root ------------------------------------------------

const STEP = Object.fromEntries(
  ["root-1", "root-2", "heads", "release", "floors"].map((name) => [name, golden(`signed-heads/${name}`)]),
);
const stepped = () => verifyNextRoot(STEP["root-2"], verifyRoot(STEP["root-1"])).root;
const headsContext = (more) => ({ root: stepped(), stored: null, nowMillis: AT, ...more });

test("the golden step to root 2, its heads, floors and release verify", () => {
  const root = stepped();
  assert.equal(root.version, 2);
  const heads = verifyHeads(STEP.heads, headsContext());
  const { model, floorsSha256 } = modelInHeads(heads, sha256(STEP.release));
  assert.ok(root.delegations.has(model));
  assert.deepEqual(floorsSha256, sha256(STEP.floors));
  const floors = verifyFloors(STEP.floors, headsContext({ model }));
  const [variant] = readRelease(STEP.release).variants;
  const asked = { root, model, minSecurityVersion: 0, variantSha256: variant.target.sha256 };
  assert.equal(verifyRelease(STEP.release, asked).release.model, model);
  const { minSecurityVersion } = floors;
  assert.throws(() => verifyRelease(STEP.release, { ...asked, minSecurityVersion }), { rule: "below-floor" });
  assert.throws(() => verifyRelease(STEP.release, { ...asked, model: "another" }), { rule: "threshold" });
});

test("a root is not stepped to twice, and none is skipped", () => {
  const two = stepped();
  assert.throws(() => verifyNextRoot(STEP["root-2"], two), { rule: "root-version-step" });
  assert.throws(() => verifyNextRoot(STEP["root-1"], two), { rule: /threshold|root-version-step/ });
});

test("heads of another root, older ones, and the same version with other bytes are refused", () => {
  const { version } = verifyHeads(STEP.heads, headsContext());
  const refusesHeads = (rule, more) => assert.throws(() => verifyHeads(STEP.heads, headsContext(more)), { rule });
  refusesHeads(/threshold|root/, { root: verifyRoot(STEP["root-1"]) });
  refusesHeads("version", { stored: { version: version + 1, sha256: sha256(STEP.heads) } });
  refusesHeads("version", { stored: { version, sha256: sha256(STEP.floors) } });
  refusesHeads("stale-metadata", { nowMillis: AT * 2 });
  assert.throws(() => verifyHeads(STEP.floors, headsContext()), { rule: "payload-type" });
});

test("floors are refused under another model's name, when they are older, and when they have ended", () => {
  const model = readRelease(STEP.release).model;
  const { version } = verifyFloors(STEP.floors, headsContext({ model }));
  const refusesFloors = (rule, more) =>
    assert.throws(() => verifyFloors(STEP.floors, headsContext({ model, ...more })), { rule });
  refusesFloors(/threshold|model/, { model: "another" });
  refusesFloors("version", { stored: { version: version + 1, sha256: sha256(STEP.floors) } });
  refusesFloors("stale-metadata", { nowMillis: AT * 2 });
});

test("a release that heads do not list is refused", () => {
  assert.throws(() => modelInHeads(verifyHeads(STEP.heads, headsContext()), sha256(STEP.floors)), { rule: "not-in-heads" });
});

// ---- a small authority of our own, for what the golden documents cannot show ------------------

const newKey = () => generateKeyPairSync("ed25519");
const spki = (key) => key.publicKey.export({ format: "der", type: "spki" });
const role = (threshold, ...keys) => ({ threshold, keys: keys.map((key) => ({ algorithm: "ED25519", spki: spki(key) })) });

function envelope(document, payload, keys, as = document) {
  return encode("DsseEnvelope", {
    payloadType: payloadType(as),
    payload,
    signatures: keys.map((key) => ({
      keyId: keyId(spki(key)),
      signature: sign(null, pae(payloadType(document), payload), key.privateKey),
    })),
  });
}

const KEYS = { root: newKey(), release: newKey(), one: newKey(), two: newKey(), stranger: newKey() };
const rootFields = (more) => ({
  version: 1,
  issuedAtMillis: AT,
  expiresAtMillis: AT + 1_000_000,
  root: role(1, KEYS.root),
  release: role(1, KEYS.release),
  director: role(2, KEYS.one, KEYS.two),
  ...more,
});
const rootBytes = (more, keys = [KEYS.root]) => envelope("root", encode("Root", rootFields(more)), keys);
const PINNED = rootBytes();

const desiredPayload = (more) =>
  encode("Desired", {
    deviceId: DEVICE,
    seq: 5,
    issuedAtMillis: AT,
    expiresAtMillis: AT + 1000,
    rootSha256: sha256(PINNED),
    slots: [],
    ...more,
  });
const desiredBytes = (more, keys = [KEYS.one, KEYS.two]) => envelope("desired", desiredPayload(more), keys);
const context = (more) => ({ root: verifyRoot(PINNED), deviceId: DEVICE, stored: null, nowMillis: AT, ...more });
const refuses = (bytes, rule, more) =>
  assert.throws(
    () => verifyDesired(bytes, context(more)),
    (refusal) => refusal.rule === rule || assert.fail(`${refusal.rule}: ${refusal.message}`),
  );

test("a document that two of two keys have signed is taken", () => {
  assert.ok(verifyDesired(desiredBytes(), context()).isNew);
});

test("one of two needed keys is not enough", () => refuses(desiredBytes({}, [KEYS.one]), "threshold"));

test("the same key twice counts once", () => refuses(desiredBytes({}, [KEYS.one, KEYS.one]), "threshold"));

test("a key of another role counts nothing", () => refuses(desiredBytes({}, [KEYS.one, KEYS.release]), "threshold"));

test("an unknown key counts nothing", () => refuses(desiredBytes({}, [KEYS.one, KEYS.stranger]), "threshold"));

test("unknown signatures beside enough good ones do no harm", () => {
  assert.ok(verifyDesired(desiredBytes({}, [KEYS.stranger, KEYS.one, KEYS.two]), context()).isNew);
});

test("more than 16 signatures are refused", () => refuses(desiredBytes({}, Array(17).fill(KEYS.one)), "signatures"));

test("another payload type is refused, even when rightly signed", () => {
  const keys = [KEYS.one, KEYS.two];
  refuses(envelope("release", desiredPayload(), keys), "payload-type");
  refuses(envelope("release", desiredPayload(), keys, "desired"), "threshold");
});

test("an older sequence is refused", () => refuses(desiredBytes(), "seq", { stored: { seq: 6, sha256: sha256(PINNED) } }));

test("the same sequence with other bytes is refused", () =>
  refuses(desiredBytes(), "seq", { stored: { seq: 5, sha256: sha256(PINNED) } }));

test("the stored document again is nothing new", () => {
  const bytes = desiredBytes();
  assert.equal(verifyDesired(bytes, context({ stored: { seq: 5, sha256: sha256(bytes) } })).isNew, false);
});

test("a document for another device is refused", () => refuses(desiredBytes({ deviceId: "dev-8" }), "device"));

test("a document under another root is refused", () => refuses(desiredBytes({ rootSha256: Buffer.alloc(32) }), "root"));

test("a document that has ended is refused", () => refuses(desiredBytes(), "expired", { nowMillis: AT + 1000 }));

test("a document that ends before it is made is refused", () => refuses(desiredBytes({ expiresAtMillis: AT }), "expired"));

test("a root that has ended is refused", () => {
  const ended = rootBytes({ expiresAtMillis: AT });
  refuses(desiredBytes({ rootSha256: sha256(ended) }), "root-expired", { root: verifyRoot(ended) });
});

test("a document over the limit is refused before it is read", () => {
  refuses(Buffer.concat([desiredBytes(), Buffer.alloc(65_536)]), "envelope");
});

test("slot names are checked and come once", () => {
  const slot = (name) => ({ slot: name, empty: true, attemptId: Buffer.alloc(16, 1) });
  refuses(desiredBytes({ slots: [slot("Up")] }), "slot-name");
  refuses(desiredBytes({ slots: [slot("")] }), "slot-name");
  refuses(desiredBytes({ slots: [slot("a".repeat(33))] }), "slot-name");
  refuses(desiredBytes({ slots: [slot("a"), slot("a")] }), "slot-name");
  refuses(desiredBytes({ slots: Array.from({ length: 17 }, (_, at) => slot(`s${at}`)) }), "slots");
});

test("a root whose threshold nobody can meet is refused", () => {
  assert.throws(() => verifyRoot(rootBytes({ director: role(2, KEYS.one, KEYS.one) })), { rule: "role" });
  assert.throws(() => verifyRoot(rootBytes({ director: role(0, KEYS.one) })), { rule: "role" });
});

test("the next root needs the root keys of the one before and its own", () => {
  const current = verifyRoot(PINNED);
  const other = { version: 2, root: role(1, KEYS.stranger) };
  assert.equal(verifyNextRoot(rootBytes(other, [KEYS.root, KEYS.stranger]), current).root.version, 2);
  assert.throws(() => verifyNextRoot(rootBytes(other, [KEYS.stranger]), current), { rule: "threshold" });
  assert.throws(() => verifyNextRoot(rootBytes(other, [KEYS.root]), current), { rule: "threshold" });
  assert.throws(() => verifyNextRoot(rootBytes({ version: 3 }), current), { rule: "root-version-step" });
  assert.throws(() => verifyNextRoot(rootBytes({ version: 1 }), current), { rule: "root-version-step" });
});

test("a step says whose keys have changed", () => {
  const current = verifyRoot(PINNED);
  const step = verifyNextRoot(rootBytes({ version: 2, director: role(1, KEYS.one) }), current);
  assert.deepEqual([step.directorChanged, step.headsChanged], [true, false]);
});

test("a P-256 key signs for releases and delegations, and for no other role", () => {
  const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const p256 = { algorithm: "ECDSA_P256", spki: pair.publicKey.export({ format: "der", type: "spki" }) };
  const only = { threshold: 1, keys: [p256] };
  assert.equal(verifyRoot(rootBytes({ release: only })).release.keys.size, 1);
  assert.equal(verifyRoot(rootBytes({ delegations: [{ model: "a", release: only }] })).delegations.size, 1);
  assert.throws(() => verifyRoot(rootBytes({ director: only })), { rule: "role" });
  const offTheCurve = Buffer.from(p256.spki);
  offTheCurve[90] ^= 1;
  const bad = { threshold: 1, keys: [{ ...p256, spki: offTheCurve }] };
  assert.throws(() => verifyRoot(rootBytes({ release: bad })), { rule: "role" });
});

test("a root that its own role has not signed is refused", () => {
  assert.throws(() => verifyRoot(rootBytes({}, [KEYS.stranger])), { rule: "threshold" });
});

test("a key in another spelling is refused", () => {
  const long = Buffer.concat([Buffer.from("302c300706032b65700500032100", "hex"), spki(KEYS.root).subarray(SPKI_PREFIX_BYTES)]);
  const odd = { threshold: 1, keys: [{ algorithm: "ED25519", spki: long }] };
  assert.throws(() => verifyRoot(rootBytes({ root: odd })), { rule: "role" });
});

test("a sketch has the bytes that section 7 shows", () => {
  const sketch = new Sketch();
  for (const value of [1, 1, 2.5, 0, 1000]) sketch.add(value);
  assert.equal(hex(sketch.encode()), "0ec2f1e7e9ed51f03f0000000000000000040205030003" + "5c02dc0402");
  const bins = [1e-9, 0.03, 1, 1.5, 2.5, 7, 1000, 123_456.7].map(indexOf);
  assert.deepEqual(bins, [-1047, -178, 0, 20, 46, 98, 348, 591]);
});
